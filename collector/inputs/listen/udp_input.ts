import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { listenFailure } from '../../../core/listen/failure.ts'
import { formatSize } from '../../../core/size_text.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { ComponentConfig } from '../../../core/plugin.ts'
import type { Input, InputContext } from '../../input.ts'
import { Intake } from '../intake.ts'
import { createAccess, plainIp } from '../../../core/listen/access.ts'
import type { HostPort } from '../../../core/listen/address.ts'
import { Complaints } from '../../../core/listen/complaints.ts'
import { type DatagramConfig, Datagrams } from './datagrams.ts'
import { KernelDrops } from '../../../core/listen/kernel_drops.ts'
import { Senders } from '../../../core/listen/senders.ts'

export interface UdpConfig {
  readonly tag?: string | undefined
  readonly listen: readonly HostPort[]
  readonly framing: 'newline' | 'datagram'
  readonly max_message_size: number
  readonly long_messages: 'cut' | 'drop'
  readonly receive_buffer: number
  readonly max_pending_bytes: number
  readonly allow?: readonly string[] | undefined
  readonly deny: readonly string[]
  readonly add_remote_addr: boolean
  readonly reuse_port: boolean
}

/** Turns of the event loop that stop gives to what the kernel holds; each receives 32 datagrams. */
const mostTurns = 1000

export class UdpInput implements Input {
  #config: UdpConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #complaints: Complaints
  readonly #datagrams: Datagrams
  #maySend: (address: string) => boolean
  readonly #drops = new KernelDrops()
  readonly #stopping = new AbortController()
  #sockets: Socket[] = []
  #grantedBytes: number | undefined
  #receivedDatagrams = 0
  #watching = Promise.resolve()

  constructor(config: UdpConfig, context: InputContext) {
    this.#config = config
    this.#context = context
    this.#intake = new Intake(context, config.max_pending_bytes)
    this.#complaints = new Complaints(context)
    const senders = new Senders()
    const contextOf = (sender: string) => senders.contextOf(sender)
    const datagrams = datagramsOf(config)
    this.#datagrams = new Datagrams(datagrams, context, this.#intake, this.#complaints, contextOf)
    this.#maySend = createAccess(config)
  }

  async start(): Promise<void> {
    const { worker } = this.#context
    const shares = this.#config.reuse_port && worker.count > 1
    if (worker.index > 0 && !shares) return
    try {
      for (const address of this.#config.listen) await this.#bind(address, shares)
    } catch (failure) {
      this.#closeSockets()
      throw failure
    }
    // The kernel counts by socket, and all sockets of a port belong to this process: one looks.
    if (worker.index === 0) this.#watching = this.#watchDrops()
  }

  adopt(given: ComponentConfig): (() => void) | undefined {
    // It was parsed by the same schema.
    const config = given as unknown as UdpConfig
    const { listen, reuse_port, receive_buffer } = this.#config
    const same = config.reuse_port === reuse_port && isDeepStrictEqual(config.listen, listen)
    if (!same) return undefined
    const maySend = createAccess(config)
    return () => {
      this.#config = config
      this.#maySend = maySend
      this.#datagrams.config = datagramsOf(config)
      if (config.receive_buffer === receive_buffer) return
      for (const socket of this.#sockets) this.#setReceiveBuffer(socket)
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    if (this.#sockets.length > 0) await this.#drain(deadline)
    this.#stopping.abort()
    await this.#watching
    this.#closeSockets()
    this.#datagrams.flush()
    await this.#intake.close(deadline)
  }

  status(): JsonObject {
    return {
      listen: this.#sockets.map((socket) => {
        const { address, family, port } = socket.address()
        return `udp://${family === 'IPv6' ? `[${address}]` : address}:${port}`
      }),
      receive_buffer_bytes: this.#grantedBytes ?? null,
      pending_bytes: this.#intake.pendingBytes,
    }
  }

  #bind({ host, port }: HostPort, shares: boolean): Promise<void> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', reusePort: shares })
    return new Promise((resolve, reject) => {
      socket.once('error', (failure) => {
        socket.close()
        const key = `listen of input ${this.#context.id}`
        reject(listenFailure(failure, { protocol: 'udp', host, port }, key))
      })
      socket.bind({ address: host, port }, () => {
        try {
          this.#setReceiveBuffer(socket)
        } catch (failure) {
          return void socket.emit('error', failure)
        }
        socket.removeAllListeners('error')
        socket.on('error', (failure) => {
          this.#complaints.say('receiving failed', { reason: failure.message })
        })
        socket.on('message', (datagram, sender) => this.#receive(datagram, sender))
        this.#sockets.push(socket)
        resolve()
      })
    })
  }

  #setReceiveBuffer(socket: Socket) {
    const wanted = this.#config.receive_buffer
    socket.setRecvBufferSize(wanted)
    // Linux doubles what is asked for, to have room for its own bookkeeping (socket(7)).
    const doubling = process.platform === 'linux' ? 2 : 1
    const granted = socket.getRecvBufferSize() / doubling
    this.#grantedBytes = granted
    if (granted >= wanted) return
    this.#context.log.warn(
      { wanted, granted },
      `the receive buffer is ${formatSize(granted)}, not ${formatSize(wanted)}: datagrams may be lost in bursts. ` +
        `Allow it with "sysctl -w net.core.rmem_max=${wanted}", or set receive_buffer lower`,
    )
  }

  #receive(datagram: Buffer, sender: RemoteInfo) {
    this.#receivedDatagrams += 1
    const address = plainIp(sender.address)
    if (!this.#maySend(address)) {
      this.#context.count('connection_refused')
      this.#complaints.say('datagram refused: not allowed', { peer: address })
      return
    }
    this.#datagrams.receive(datagram, this.#config.add_remote_addr ? address : '')
  }

  async #watchDrops() {
    const ports = new Set(this.#sockets.map((socket) => socket.address().port))
    const { signal } = this.#stopping
    for (;;) {
      await this.#context.clock.sleep(1000, signal)
      const drops = await this.#drops.since(ports)
      if (drops > 0) {
        this.#context.count('udp_kernel_drop', drops)
        this.#complaints.say('the kernel dropped datagrams: the receive buffer was full', { drops })
      }
      if (signal.aborted) return
    }
  }

  /** Receives what the kernel has already, unless more keeps coming. */
  async #drain(deadline: AbortSignal) {
    for (let turn = 0; turn < mostTurns && !deadline.aborted; turn++) {
      const before = this.#receivedDatagrams
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#receivedDatagrams === before && turn > 0) return
    }
  }

  #closeSockets() {
    for (const socket of this.#sockets) socket.close()
    this.#sockets = []
  }
}

function datagramsOf(config: UdpConfig): DatagramConfig {
  return { ...config, tag: config.tag ?? 'udp', byLine: config.framing === 'newline' }
}
