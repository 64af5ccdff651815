import { chmodSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { z } from 'zod'
import { listenFailure } from '../../core/listen/failure.ts'
import type { JsonObject } from '../../core/json.ts'
import { defineInput, type Input, type InputContext } from '../input.ts'
import { Intake } from './intake.ts'
import { connectionOptions, Connections, type ConnectionConfig } from './listen/connections.ts'
import { clearPath } from '../../core/listen/unix_path.ts'
import { datagramProblem, UnixDatagramInput } from './listen/unix_datagram.ts'

/** Messages over a Unix socket. */
export const unix = defineInput(
  'unix',
  'Messages over a Unix domain socket, as a stream or as datagrams',
  {
    path: z
      .string()
      .regex(/^\//, 'the path of a Unix socket begins with /')
      .refine((path) => Buffer.byteLength(path) <= 107, 'a Unix socket path has 107 bytes at most')
      .describe('Where the socket is; a socket that nobody listens on any more is replaced'),
    mode: z
      .enum(['stream', 'datagram'])
      .default('stream')
      .describe(
        '`stream` for connections; `datagram` needs the package node-unix-socket, as Node has no such sockets',
      ),
    permissions: z
      .string()
      .regex(/^0?[0-7]{3}$/, 'write permissions in octal, such as "0660"')
      .default('0660')
      .describe('Permissions of the socket, octal: who may write to it may send'),
    ...connectionOptions,
  },
  (config, context) => {
    const given = { ...config, tag: config.tag ?? 'unix' }
    return given.mode === 'datagram'
      ? new UnixDatagramInput(given, context)
      : new UnixInput(given, context)
  },
  (config, context) => {
    const message = config.mode === 'datagram' ? datagramProblem(config) : undefined
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['mode'], message })
  },
)

interface UnixConfig extends ConnectionConfig {
  readonly path: string
  readonly permissions: string
}

class UnixInput implements Input {
  readonly #config: UnixConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #connections: Connections
  #server: Server | undefined

  constructor(config: UnixConfig, context: InputContext) {
    this.#config = config
    this.#context = context
    this.#intake = new Intake(context, config.max_pending_bytes)
    this.#connections = new Connections(config, context, this.#intake)
  }

  async start(): Promise<void> {
    if (this.#context.worker.index > 0) return
    const { path, permissions } = this.#config
    const key = `path of input ${this.#context.id}`
    await clearPath(path, key)
    const server = createServer((socket) => {
      if (!this.#connections.admit(socket, path)) return
      this.#connections.serve(socket, socket, { context: {}, name: path, refuseTls: true })
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
