import { chmodSync, unlinkSync } from 'node:fs'
import { ConfigError } from '../../../core/errors.ts'
import { listenFailure } from '../../../core/listen/failure.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { ComponentConfig } from '../../../core/plugin.ts'
import type { Input, InputContext } from '../../input.ts'
import type { Framing } from '../framing/options.ts'
import { Intake } from '../intake.ts'
import { Complaints } from '../../../core/listen/complaints.ts'
import { type DatagramSocket, datagramProblem, loadPackage } from './datagram_package.ts'
import { type DatagramConfig, Datagrams } from './datagrams.ts'
import { clearPath } from '../../../core/listen/unix_path.ts'

export interface UnixDatagramConfig {
  readonly mode: 'stream' | 'datagram'
  readonly tag?: string | undefined
  readonly path: string
  readonly permissions: string
  readonly framing: Framing
  readonly max_message_size: number
  readonly long_messages: 'cut' | 'drop'
  readonly max_pending_bytes: number
}

const receiveBufferBytes = 4 * 2 ** 20

/** Unix datagram sockets, where the optional package that brings them is installed. */
export class UnixDatagramInput implements Input {
  #config: UnixDatagramConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #complaints: Complaints
  readonly #datagrams: Datagrams
  readonly #createSocket: () => DatagramSocket
  #socket: DatagramSocket | undefined

  /** Throws a ConfigError when the package is missing or the framing is none that datagrams have. */
  constructor(config: UnixDatagramConfig, context: InputContext, load = loadPackage) {
    const problem = datagramProblem(config, load)
    if (problem !== undefined) throw new ConfigError('WEIR_CONFIG_INVALID', problem)
    this.#createSocket = load()
    this.#config = config
    this.#context = context
    this.#intake = new Intake(context, config.max_pending_bytes)
    this.#complaints = new Complaints(context)
    const datagrams = datagramsOf(config)
    const contextOf = () => nowhere
    this.#datagrams = new Datagrams(datagrams, context, this.#intake, this.#complaints, contextOf)
  }

  async start(): Promise<void> {
    if (this.#context.worker.index > 0) return
    const { path, permissions } = this.#config
    const key = `path of input ${this.#context.id}`
    await clearPath(path, key)
    const socket = this.#createSocket()
    try {
      socket.bind(path)
      chmodSync(path, Number.parseInt(permissions, 8))
      socket.setRecvBufferSize(receiveBufferBytes)
    } catch (failure) {
      socket.close()
      throw listenFailure(failure, { protocol: 'unix', path }, key)
    }
    socket.on('data', (datagram) => {
      if (this.#socket) this.#datagrams.receive(datagram, '')
    })
    socket.on('error', (failure) => {
      this.#complaints.say('receiving failed', { reason: failure.message })
    })
    this.#socket = socket
  }

  adopt(given: ComponentConfig): (() => void) | undefined {
    // It was parsed by the same schema.
    const config = given as unknown as UnixDatagramConfig
    const { path, permissions, mode } = this.#config
    const same = config.path === path && config.permissions === permissions && config.mode === mode
    if (!same) return undefined
    return () => {
      this.#config = config
      this.#datagrams.config = datagramsOf(config)
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    if (this.#socket) {
      this.#socket.close()
      this.#socket = undefined
      unlinkSync(this.#config.path)
    }
    this.#datagrams.flush()
    await this.#intake.close(deadline)
  }

  status(): JsonObject {
    return {
      listen: this.#socket ? [`unix://${this.#config.path}`] : [],
      pending_bytes: this.#intake.pendingBytes,
    }
  }
}

/** One object, since the pipeline prepares a context once. */
const nowhere: JsonObject = {}

function datagramsOf(config: UnixDatagramConfig): DatagramConfig {
  return { ...config, tag: config.tag ?? 'unix', byLine: true }
}
