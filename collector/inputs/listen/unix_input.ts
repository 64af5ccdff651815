import { chmodSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { listenFailure } from '../../../core/listen/failure.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { ComponentConfig } from '../../../core/plugin.ts'
import type { Input, InputContext } from '../../input.ts'
import { Intake } from '../intake.ts'
import { Connections, type ConnectionConfig } from './connections.ts'
import { clearPath } from '../../../core/listen/unix_path.ts'

export interface UnixConfig extends Omit<ConnectionConfig, 'tag'> {
  readonly tag?: string | undefined
  readonly path: string
  readonly permissions: string
  readonly mode: 'stream' | 'datagram'
}

export class UnixInput implements Input {
  #config: UnixConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #connections: Connections
  #server: Server | undefined

  constructor(config: UnixConfig, context: InputContext) {
    this.#config = config
    this.#context = context
    this.#intake = new Intake(context, config.max_pending_bytes)
    this.#connections = new Connections(tagged(config), context, this.#intake)
  }

  async start(): Promise<void> {
    if (this.#context.worker.index > 0) return
    const { path, permissions } = this.#config
    const key = `path of input ${this.#context.id}`
    await clearPath(path, key)
    const server = createServer((socket) => {
      if (!this.#connections.admit(socket, path)) return
      this.#connections.serve(socket, socket, {
        context: () => nowhere,
        name: path,
        refuseTls: true,
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', (failure) => {
        reject(listenFailure(failure, { protocol: 'unix', path }, key))
      })
      server.listen(path, () => {
        server.removeAllListeners('error')
        server.on('error', (failure) => {
          this.#context.count('connection_refused')
          this.#connections.complaints.say('accept failed', { reason: failure.message })
        })
        resolve()
      })
    })
    chmodSync(path, Number.parseInt(permissions, 8))
    this.#server = server
  }

  adopt(given: ComponentConfig): (() => void) | undefined {
    // It was parsed by the same schema.
    const config = given as unknown as UnixConfig
    const { path, permissions, mode } = this.#config
    const same = config.path === path && config.permissions === permissions && config.mode === mode
    if (!same) return undefined
    return () => {
      this.#config = config
      this.#connections.config = tagged(config)
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    // Closing removes the socket, too.
    this.#server?.close()
    this.#server = undefined
    await this.#connections.close()
    await this.#intake.close(deadline)
  }

  status(): JsonObject {
    return {
      listen: this.#server ? [`unix://${this.#config.path}`] : [],
      connections: this.#connections.count,
      pending_bytes: this.#intake.pendingBytes,
    }
  }
}

/** One object, since the pipeline prepares a context once. */
const nowhere: JsonObject = {}

const tagged = (config: UnixConfig) => ({ ...config, tag: config.tag ?? 'unix' })
