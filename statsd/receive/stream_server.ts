import { chmodSync, closeSync } from 'node:fs'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { plainIp } from '../../core/listen/access.ts'
import { addressText, type ListenAddress, listenFailure } from '../../core/listen/failure.ts'
import { clearPath } from '../../core/listen/unix_path.ts'
import { LineStream } from './line_stream.ts'
import { type Listen, listenKey, type ListenerWorld } from './listening.ts'

/** Turns of the event loop that closing gives to connections that still bring something. */
const mostTurns = 200

const bytesOf = (sockets: ReadonlySet<Socket>) =>
  [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0)

/** The connections of all stream listeners, whose number has one bound. */
export class OpenConnections {
  readonly #open = new Set<Socket>()
  /** Those that have sent nothing yet, oldest first. */
  readonly #silent = new Set<Socket>()
  readonly #onCount: (open: number) => void

  constructor(onCount: (open: number) => void) {
    this.#onCount = onCount
  }

  get count(): number {
    return this.#open.size
  }

  /** Counts a connection in; false when there are too many that are in use. */
  admit(socket: Socket, most: number): boolean {
    if (this.#open.size >= most) {
      const [oldest] = this.#silent
      if (!oldest) return false
      this.#leave(oldest)
      oldest.destroy()
    }
    this.#open.add(socket)
    this.#silent.add(socket)
    this.#onCount(this.#open.size)
    socket.once('close', () => this.#leave(socket))
    return true
  }

  speaks(socket: Socket): void {
    this.#silent.delete(socket)
  }

  #leave(socket: Socket): void {
    this.#silent.delete(socket)
    if (this.#open.delete(socket)) this.#onCount(this.#open.size)
  }
}

/** Lines over TCP or Unix stream sockets. */
export const streamListener =
  (connections: OpenConnections): Listen =>
  async ({ address, dialect }, world, early) => {
    if (address.protocol === 'udp' || address.protocol === 'unixgram') {
      throw new Error('not a stream address')
    }
    const where: ListenAddress =
      'path' in address ? { protocol: 'unix', path: address.path } : address
    const { settings, complaints, traffic } = world
    const sockets = new Set<Socket>()
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) => {
      socket.on('error', () => undefined)
      const peer = where.protocol === 'unix' ? where.path : plainIp(socket.remoteAddress ?? '')
      const isAllowed = where.protocol === 'unix' || (world.maySend?.(peer) ?? true)
      if (!isAllowed || !connections.admit(socket, settings.maxConnections)) {
        traffic.note('connection_refused')
        const why = isAllowed ? 'max_connections reached' : 'not allowed'
        complaints.say(`connection refused: ${why}`, { peer })
        return socket.destroy()
      }
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      serve(socket, connections, world)
    })
    if (where.protocol === 'unix') await clearPath(where.path, listenKey)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (failure) => {
        for (const fd of early?.connections ?? []) {
          traffic.note('connection_refused')
          closeSync(fd)
        }
        reject(listenFailure(failure, where, listenKey))
      })
      const target =
        where.protocol === 'unix' ? { path: where.path } : { host: where.host, port: where.port }
      server.listen({ ...target, backlog: 1024 }, resolve)
    })
    server.removeAllListeners('error')
    // Running out of descriptors refuses one connection; it is no reason to end.
    server.on('error', (failure) => {
      traffic.note('connection_refused')
      complaints.say('accepting a connection failed', { reason: failure.message })
    })
    if (where.protocol === 'unix') chmodSync(where.path, Number.parseInt(settings.permissions, 8))
    const bound =
      where.protocol === 'unix' ? where : { ...where, port: (server.address() as AddressInfo).port }
    for (const fd of early?.connections ?? []) {
      server.emit('connection', new Socket({ fd, readable: true, writable: true }))
    }
    return {
      status: { address: addressText(bound), dialect },
      async close() {
        const closed = new Promise((resolve) => server.close(resolve))
        // What the kernel has of them is read before they go, unless more keeps coming.
        for (let turn = 0, before = -1; turn < mostTurns && bytesOf(sockets) > before; turn++) {
          before = bytesOf(sockets)
          await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
        }
        for (const socket of sockets) socket.destroy()
        await closed
      },
    }
  }

function serve(socket: Socket, connections: OpenConnections, world: ListenerWorld): void {
  const { settings, traffic, reader } = world
  const lines = new LineStream(reader, traffic, settings.maxLineBytes)
  let hasSpoken = false
  socket.setTimeout(settings.silentTimeoutMs)
  socket.on('timeout', () => {
    traffic.note('idle_timeout')
    socket.destroy()
  })
  socket.on('data', (bytes: Buffer) => {
    if (!hasSpoken) {
      hasSpoken = true
      connections.speaks(socket)
      socket.setTimeout(settings.idleTimeoutMs)
    }
    lines.push(bytes)
  })
  socket.once('close', () => lines.end())
}
