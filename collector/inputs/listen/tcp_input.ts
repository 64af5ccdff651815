import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../../core/errors.ts'
import { listenFailure } from '../../../core/listen/failure.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { ComponentConfig } from '../../../core/plugin.ts'
import type { Input, InputContext } from '../../input.ts'
import { Intake } from '../intake.ts'
import { createAccess, plainIp } from '../../../core/listen/access.ts'
import type { HostPort } from '../../../core/listen/address.ts'
import { Connections, type ConnectionConfig } from './connections.ts'
import { readTls, type TlsConfig } from '../../../core/listen/tls.ts'

export interface TcpConfig extends Omit<ConnectionConfig, 'tag'> {
  readonly tag?: string | undefined
  readonly listen: readonly HostPort[]
  readonly allow?: readonly string[] | undefined
  readonly deny: readonly string[]
  readonly tls?: TlsConfig | undefined
  readonly add_remote_addr: boolean
  readonly reuse_port: boolean
  readonly backlog: number
}

export class TcpInput implements Input {
  #config: TcpConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #connections: Connections
  #mayTalk: (address: string) => boolean
  readonly #tls: TlsServer | undefined
  /** The sockets under TLS: the TLS server hands back its own stream, not the accepted one. */
  readonly #underTls = new Map<string, Socket>()
  #servers: Server[] = []

  constructor(config: TcpConfig, context: InputContext) {
    this.#config = config
    this.#context = context
    this.#intake = new Intake(context, config.max_pending_bytes)
    this.#connections = new Connections(tagged(config), context, this.#intake)
    this.#mayTalk = createAccess(config)
    if (config.tls) this.#tls = this.#createTls(config.tls)
  }

  async start(): Promise<void> {
    const { worker } = this.#context
    const shares = this.#config.reuse_port && worker.count > 1
    if (worker.index > 0 && !shares) return
    try {
      for (const address of this.#config.listen) await this.#listen(address, shares)
    } catch (failure) {
      this.#closeServers()
      throw failure
    }
  }

  adopt(given: ComponentConfig): (() => void) | undefined {
    // It was parsed by the same schema.
    const config = given as unknown as TcpConfig
    if (!isDeepStrictEqual(socketsOf(config), socketsOf(this.#config))) return undefined
    const mayTalk = createAccess(config)
    const certificates = config.tls && readTls(config.tls)
    return () => {
      this.#config = config
      if (certificates) this.#tls?.setSecureContext(certificates)
      this.#mayTalk = mayTalk
      this.#connections.config = tagged(config)
      this.#connections.end(({ remoteAddress }) => !mayTalk(plainIp(remoteAddress ?? '')))
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#closeServers()
    await this.#connections.close()
    await this.#intake.close(deadline)
  }

  status(): JsonObject {
    return {
      listen: this.#servers.map((server) => {
        const { address, family, port } = server.address() as AddressInfo
        return `tcp://${family === 'IPv6' ? `[${address}]` : address}:${port}`
      }),
      tls: this.#tls !== undefined,
      connections: this.#connections.count,
      pending_bytes: this.#intake.pendingBytes,
    }
  }

  #listen({ host, port }: HostPort, shares: boolean): Promise<void> {
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: 60_000, noDelay: true })
    server.on('connection', (socket) => this.#accept(socket))
    return new Promise((resolve, reject) => {
      server.once('error', (failure) => {
        const key = `listen of input ${this.#context.id}`
        reject(listenFailure(failure, { protocol: 'tcp', host, port }, key))
      })
      server.listen({ host, port, backlog: this.#config.backlog, reusePort: shares }, () => {
        server.removeAllListeners('error')
        // Running out of descriptors refuses one connection; it is no reason to end.
        server.on('error', (failure) => {
          this.#context.count('connection_refused')
          this.#connections.complaints.say('accept failed', { reason: failure.message })
        })
        this.#servers.push(server)
        resolve()
      })
    })
  }

  #accept(socket: Socket) {
    const ip = plainIp(socket.remoteAddress ?? '')
    if (!this.#mayTalk(ip)) {
      this.#context.count('connection_refused')
      this.#connections.complaints.say('connection refused: not allowed', { peer: ip })
      socket.destroy()
      return
    }
    if (!this.#connections.admit(socket, ip)) return
    if (!this.#tls) return this.#serve(socket, socket, true)
    const key = keyOf(socket)
    this.#underTls.set(key, socket)
    socket.once('close', () => this.#underTls.delete(key))
    this.#tls.emit('connection', socket)
  }

  #serve(stream: Socket, socket: Socket, refuseTls: boolean) {
    const ip = plainIp(socket.remoteAddress ?? '')
    const source = { address: ip, ip, port: socket.remotePort }
    const known: JsonObject = { source }
    const context = () => (this.#config.add_remote_addr ? known : nowhere)
    this.#connections.serve(stream, socket, { context, name: ip, refuseTls })
  }

  #createTls(config: TlsConfig): TlsServer {
    const server = createTlsServer(readTls(config))
    server.on('secureConnection', (stream) => {
      this.#serve(stream, this.#underTls.get(keyOf(stream)) ?? stream, false)
    })
    server.on('tlsClientError', (failure, stream) => {
      this.#context.count('tls_failed')
      const peer = plainIp(stream.remoteAddress ?? '')
      this.#connections.complaints.say('TLS handshake failed', { peer, reason: messageOf(failure) })
      this.#underTls.get(keyOf(stream))?.destroy()
      stream.destroy()
    })
    return server
  }

  #closeServers() {
    for (const server of this.#servers) server.close()
    this.#servers = []
  }
}

const nowhere: JsonObject = {}

const tagged = (config: TcpConfig) => ({ ...config, tag: config.tag ?? 'tcp' })

/** What cannot change under an open socket. */
function socketsOf({ listen, tls, reuse_port, backlog }: TcpConfig) {
  return { listen, tls, reuse_port, backlog }
}

function keyOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`
}
