import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net'
import type { Context } from '../../../core/context.ts'
import { Complaints } from '../../../core/listen/complaints.ts'
import { addressText, listenFailure } from '../../../core/listen/failure.ts'
import type { MetricsAddress } from '../../listen_address.ts'
import type { GraphiteConfig } from '../config.ts'
import type { CarbonIntake } from './intake.ts'
import { BadMessage, CarbonPickles } from './pickled.ts'
import { CarbonLines, readLines } from './plaintext.ts'

type NetworkAddress = Extract<MetricsAddress, { host: string }>

/** What reads one connection. */
interface ConnectionReader {
  push(bytes: Buffer, nowMs: number): void
  end(): void
}

const receiveBufferBytes = 4 * 2 ** 20

/** The sockets that carbon's protocols come in by. */
export class CarbonListeners {
  readonly #config: GraphiteConfig
  readonly #intake: CarbonIntake
  readonly #context: Context
  readonly #complaints: Complaints
  readonly #servers: Server[] = []
  readonly #datagrams: DatagramSocket[] = []
  readonly #open = new Set<Socket>()
  readonly #addresses: string[] = []

  constructor(config: GraphiteConfig, intake: CarbonIntake, context: Context) {
    this.#config = config
    this.#intake = intake
    this.#context = context
    this.#complaints = new Complaints(context)
  }

  /** @throws WeirError when an address cannot be listened on; then none is. */
  async open(): Promise<void> {
    const { listen, pickle_listen: pickled, max_line_size, max_pickle_size } = this.#config
    const lines = () => new CarbonLines(this.#intake, max_line_size)
    const pickles = () => new CarbonPickles(this.#intake, max_pickle_size)
    try {
      for (const address of listen) {
        if (address.protocol === 'udp') await this.#openUdp(address as NetworkAddress)
        else await this.#openTcp(address as NetworkAddress, lines, 'statsd.graphite.listen')
      }
      for (const address of pickled) {
        await this.#openTcp(address as NetworkAddress, pickles, 'statsd.graphite.pickle_listen')
      }
    } catch (failure) {
      await this.close()
      throw failure
    }
  }

  async close(): Promise<void> {
    const closed = [...this.#servers, ...this.#datagrams].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    // What the kernel has of them is read before they go.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    for (const socket of this.#open) socket.destroy()
    await Promise.all(closed)
    this.#servers.length = 0
    this.#datagrams.length = 0
    this.#addresses.length = 0
  }

  status(): object {
    return { addresses: [...this.#addresses], connections: this.#open.size }
  }

  async #openTcp(
    address: NetworkAddress,
    makeReader: () => ConnectionReader,
    key: string,
  ): Promise<void> {
    const { host, port } = address
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) => {
      this.#serve(socket, makeReader())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', (failure) => {
        reject(listenFailure(failure, { protocol: 'tcp', host, port }, key))
      })
      server.listen({ host, port, backlog: 1024 }, resolve)
    })
    server.removeAllListeners('error')
    server.on('error', (failure) => {
      this.#complaints.say('accepting a carbon connection failed', { reason: failure.message })
    })
    this.#servers.push(server)
    const bound = server.address() as AddressInfo
    this.#addresses.push(addressText({ protocol: 'tcp', host, port: bound.port }))
  }

  #serve(socket: Socket, reader: ConnectionReader): void {
    const peer = socket.remoteAddress ?? ''
    socket.on('error', () => undefined)
    if (this.#open.size >= this.#config.max_connections) {
      this.#context.count('connection_refused')
      this.#complaints.say('carbon connection refused: max_connections reached', { peer })
      socket.destroy()
      return
    }
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      reader.end()
    })
    socket.on('data', (bytes: Buffer) => {
      try {
        reader.push(bytes, this.#context.clock.now())
      } catch (failure) {
        if (!(failure instanceof BadMessage)) throw failure
        this.#context.count('bad_sample')
        this.#complaints.say('carbon connection closed', { peer, reason: failure.message })
        socket.destroy()
        return
      }
      if (!this.#intake.isFull) return
      socket.pause()
      void this.#intake.room().then(() => socket.resume())
    })
  }

  async #openUdp(address: NetworkAddress): Promise<void> {
    const { host, port } = address
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      recvBufferSize: receiveBufferBytes,
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (failure) => {
        socket.close()
        reject(listenFailure(failure, { protocol: 'udp', host, port }, 'statsd.graphite.listen'))
      })
      socket.bind({ address: host, port }, resolve)
    })
    socket.removeAllListeners('error')
    socket.on('error', (failure) => {
      this.#complaints.say('receiving from carbon senders failed', { reason: failure.message })
    })
    socket.on('message', (datagram) => {
      if (this.#intake.isFull) this.#intake.overflow()
      else readLines(this.#intake, datagram, this.#context.clock.now())
    })
    this.#datagrams.push(socket)
    const bound = socket.address()
    this.#addresses.push(addressText({ protocol: 'udp', host, port: bound.port }))
  }
}
