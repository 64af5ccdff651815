import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { z } from 'zod'
import { listenFailure } from '../../core/listen_failure.ts'
import { formatSize, size } from '../../core/units.ts'
import type { JsonObject } from '../event.ts'
import { defineInput, type Input, type InputContext } from '../input.ts'
import { addTooLong, type MessageLimits } from './framing/framer.ts'
import { messageLimits } from './framing/framing.ts'
import { Intake, pendingLimit } from './intake.ts'
import { access, createAccess, plainIp } from './listen/access.ts'
import { listen, type HostPort } from './listen/address.ts'
import { Complaints } from './listen/complaints.ts'
import { Gathered } from './listen/gathered.ts'
import { KernelDrops } from './listen/kernel_drops.ts'
import { addRemoteAddress, reusePort } from './listen/options.ts'

/** Messages over UDP, as Fluentd's in_udp takes them; port 5160 by default. */
export const udp = defineInput(
  'udp',
  'Messages in UDP datagrams',
  {
    listen: listen('udp', 5160),
    framing: z
      .enum(['newline', 'datagram'])
      .default('newline')
      .describe('`newline`: each line of a datagram is a message; `datagram`: the whole of it'),
    ...messageLimits('64KiB'),
    receive_buffer: size()
      .default(4 * 2 ** 20)
      .describe('Receive buffer of the socket; the kernel grants up to net.core.rmem_max'),
    max_pending_bytes: pendingLimit('32MB'),
    ...access,
    add_remote_addr: addRemoteAddress(),
    reuse_port: reusePort(),
  },
  (config, context) => new UdpInput({ ...config, tag: config.tag ?? 'udp' }, context),
)

interface UdpConfig {
  readonly tag: string
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

/** Longest wait of a datagram for others to be delivered with it. */
const gatherMs = 5
const gatherBytes = 2 ** 20

const newline = 10
const carriageReturn = 13

class UdpInput implements Input {
  readonly #config: UdpConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #complaints: Complaints
  readonly #maySend: (address: string) => boolean
  readonly #drops = new KernelDrops()
  readonly #stopping = new AbortController()
  #gathered: Gathered | undefined
  #sockets: Socket[] = []
  #grantedBytes: number | undefined
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Immediate | undefined
  #watching = Promise.resolve()

  constructor(config: UdpConfig, context: InputContext) {
    this.#config = config
    this.#context = context
    this.#intake = new Intake(context, config.max_pending_bytes)
    this.#complaints = new Complaints(context)
    this.#maySend = createAccess(config)
  }

  async start(): Promise<void> {
    const { worker } = this.#context
    const shares = this.#config.reuse_port && worker.count > 1
    if (worker.index > 0 && !shares) return
    this.#gathered = new Gathered(gatherBytes)
    try {
      for (const address of this.#config.listen) await this.#bind(address, shares)
    } catch (failure) {
      this.#closeSockets()
      throw failure
    }
    // The kernel counts by socket, and all sockets of a port belong to this process: one looks.
    if (worker.index === 0) this.#watching = this.#watchDrops()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await this.#watching
    this.#closeSockets()
    this.#handOn()
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
    const address = plainIp(sender.address)
    if (!this.#maySend(address)) {
      this.#context.count('connection_refused')
      this.#complaints.say('datagram refused: not allowed', { peer: address })
      return
    }
    const gathered = this.#gathered!
    const waiting = this.#intake.pendingBytes + gathered.length
    if (waiting + datagram.length > this.#config.max_pending_bytes) {
      this.#context.count('datagram_overflow')
      this.#complaints.say('datagrams dropped: max_pending_bytes are not durable yet', { waiting })
      return
    }
    if (!gathered.hasRoom(datagram.length)) this.#handOn()
    const start = gathered.copy(datagram)
    const spans = gathered.spansOf(this.#config.add_remote_addr ? address : '')
    const limits: MessageLimits = {
      maxMessageBytes: this.#config.max_message_size,
      longMessages: this.#config.long_messages,
      spans,
      note: this.#context.count,
    }
    addMessages(datagram, gathered.bytes, start, this.#config.framing === 'newline', limits)
    this.#handOnLater()
  }

  /** At once when nothing is under way (after what this turn of the loop receives), else a little later. */
  #handOnLater() {
    if (this.#soon || this.#timer) return
    if (this.#intake.underWay === 0) this.#soon = setImmediate(() => this.#handOn())
    else this.#timer = setTimeout(() => this.#handOn(), gatherMs)
  }

  #handOn() {
    clearImmediate(this.#soon)
    clearTimeout(this.#timer)
    this.#soon = undefined
    this.#timer = undefined
    this.#gathered?.handOn(this.#config.tag, contextOf, (arrival) => {
      let bytes = 0
      for (let i = 0; i < arrival.count; i++) {
        bytes += arrival.spans[2 * i + 1]! - arrival.spans[2 * i]!
      }
      void this.#intake.takeOrLose(arrival, bytes).then(() => {
        if (this.#timer && this.#intake.underWay === 0) this.#handOn()
      })
    })
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

  #closeSockets() {
    for (const socket of this.#sockets) socket.close()
    this.#sockets = []
  }
}

function contextOf(sender: string): JsonObject {
  return sender === '' ? {} : { source: { address: sender, ip: sender } }
}

/** Adds the messages of a datagram copied to `base` of `source`; line ends and empty lines left out. */
function addMessages(
  datagram: Buffer,
  source: Buffer,
  base: number,
  byLine: boolean,
  limits: MessageLimits,
) {
  for (let start = 0; start < datagram.length;) {
    const found = byLine ? datagram.indexOf(newline, start) : -1
    const next = found === -1 ? datagram.length : found
    let end = next
    if (!byLine && datagram[end - 1] === newline) end -= 1
    if (end > start && datagram[end - 1] === carriageReturn) end -= 1
    if (end - start > limits.maxMessageBytes) addTooLong(source, base + start, limits)
    else if (end > start) limits.spans.add(base + start, base + end)
    start = next + 1
  }
}
