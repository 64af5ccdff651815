import type { Socket } from 'node:net'
import { startsTls, tlsRefusal } from '../../../core/tls_refusal.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { InputContext } from '../../input.ts'
import type { Framer } from '../framing/framer.ts'
import { createFramer } from '../framing/framing.ts'
import type { Framing } from '../framing/options.ts'
import { Spans } from '../framing/spans.ts'
import type { Intake } from '../intake.ts'
import { Complaints } from '../../../core/listen/complaints.ts'

export interface ConnectionConfig {
  readonly tag: string
  readonly framing: Framing
  readonly max_message_size: number
  readonly long_messages: 'cut' | 'drop'
  readonly max_connections: number
  readonly silent_timeout: number
  readonly idle_timeout: number
  readonly max_pending_bytes: number
}

/** What there is to know about an accepted connection. */
export interface Peer {
  /** Where its messages come from; the same object each time, since the pipeline prepares a context once. */
  context(): JsonObject
  /** For the log. */
  readonly name: string
  /** True on a port without TLS: a TLS client is told so instead of being taken for text. */
  readonly refuseTls: boolean
}

/** The most that Node reads from a socket at once. */
const segmentBytes = 65_536

/**
 * The connections of one input, accepted by whoever listens: their number and silence are bounded,
 * their bytes framed and delivered, and they are made to wait while too much is not durable.
 */
export class Connections {
  #config: ConnectionConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #spans = new Spans()
  readonly #open = new Set<Socket>()
  /** Those that have sent nothing yet, oldest first. */
  readonly #silent = new Set<Socket>()
  readonly #streams = new Set<Socket>()
  readonly #paused = new Set<Socket>()
  #isWaiting = false
  readonly #gauge
  readonly complaints: Complaints

  constructor(config: ConnectionConfig, context: InputContext, intake: Intake) {
    this.#config = config
    this.#context = context
    this.#intake = intake
    this.#gauge = context.metrics.connections.labels(context.id)
    this.complaints = new Complaints(context)
  }

  get count(): number {
    return this.#open.size
  }

  /** Other options, for connections to come; open ones keep the framing and the timeouts they began with. */
  set config(config: ConnectionConfig) {
    this.#config = config
    this.#intake.maxPendingBytes = config.max_pending_bytes
  }

  /** Ends connections that are not allowed any more. */
  end(isRefused: (socket: Socket) => boolean): void {
    for (const socket of this.#open) {
      if (!isRefused(socket)) continue
      this.#context.count('connection_refused')
      socket.destroy()
    }
  }

  /** Counts an accepted socket in, or destroys it when there are too many. */
  admit(socket: Socket, name: string): boolean {
    socket.on('error', () => undefined)
    if (this.#open.size >= this.#config.max_connections && !this.#makeRoom()) {
      this.#context.count('connection_refused')
      this.complaints.say('connection refused: max_connections reached', { peer: name })
      socket.destroy()
      return false
    }
    this.#open.add(socket)
    this.#silent.add(socket)
    this.#gauge.set(this.#open.size)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#silent.delete(socket)
      this.#gauge.set(this.#open.size)
    })
    return true
  }

  /**
   * Reads messages from a connection until it ends.
   *
   * @param stream what carries them: `socket` itself, or TLS on it.
   * @param socket the admitted one.
   */
  serve(stream: Socket, socket: Socket, peer: Peer): void {
    const { silent_timeout, idle_timeout } = this.#config
    const framer = this.#framer(peer)
    let isFirst = true
    let isOver = false
    const finish = () => {
      if (isOver) return
      isOver = true
      framer.end()
    }
    this.#streams.add(stream)
    stream.setTimeout(silent_timeout)
    stream.on('timeout', () => {
      // Silent because we do not listen; the timer starts anew when we do.
      if (this.#paused.has(stream)) return
      this.#context.count('idle_timeout')
      stream.destroy()
    })
    stream.on('data', (bytes: Buffer) => {
      if (isOver) return
      if (isFirst) {
        isFirst = false
        this.#silent.delete(socket)
        stream.setTimeout(idle_timeout)
        if (peer.refuseTls && startsTls(bytes)) {
          isOver = true
          return this.#refuseTls(stream, peer)
        }
      }
      framer.push(bytes)
      if (framer.broken !== undefined) {
        this.#context.count('bad_frame')
        this.complaints.say('connection closed: bad frame', {
          peer: peer.name,
          reason: framer.broken,
        })
        isOver = true
        stream.destroy()
      } else if (this.#intake.isFull) this.#pause()
    })
    stream.on('error', () => undefined)
    stream.once('end', () => {
      finish()
      stream.end()
    })
    stream.once('close', () => {
      finish()
      this.#streams.delete(stream)
      this.#paused.delete(stream)
      socket.destroy()
    })
    if (this.#isWaiting) this.#pause()
  }

  /** Ends all connections; unfinished messages are delivered. Resolves when they are closed. */
  async close(): Promise<void> {
    const closing = [...this.#streams, ...this.#open].map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket.closed) return resolve()
          socket.once('close', () => resolve())
          socket.destroy()
        }),
    )
    await Promise.all(closing)
  }

  #framer(peer: Peer): Framer {
    const { max_message_size, long_messages } = this.#config
    return createFramer(this.#config.framing, {
      maxMessageBytes: max_message_size,
      longMessages: long_messages,
      spans: this.#spans,
      emit: (source, spans) => {
        const { tag } = this.#config
        const arrival = { tag, source, spans: spans.list, count: spans.count }
        void this.#intake.takeOrLose({ ...arrival, context: peer.context() }, source.length)
      },
      note: (reason) => this.#context.count(reason),
    })
  }

  #refuseTls(stream: Socket, peer: Peer) {
    this.#context.count('tls_failed')
    this.complaints.say(
      'a TLS client on a port without TLS: set `tls` here or turn TLS off there',
      {
        peer: peer.name,
      },
    )
    stream.end(tlsRefusal, () => stream.destroy())
  }

  #makeRoom(): boolean {
    const [oldest] = this.#silent
    if (!oldest) return false
    this.#context.count('idle_timeout')
    this.#silent.delete(oldest)
    this.#open.delete(oldest)
    oldest.destroy()
    return true
  }

  /** Stops reading from all, since each that is read from brings up to a segment more. */
  #pause() {
    for (const stream of this.#streams) {
      stream.pause()
      this.#paused.add(stream)
    }
    if (this.#isWaiting) return
    this.#isWaiting = true
    void this.#intake.room().then(() => this.#resume())
  }

  /** Reads again from as many as there is room for, the longest waiting first, then looks again. */
  #resume() {
    const room = this.#config.max_pending_bytes - this.#intake.pendingBytes
    let budget = Math.max(1, Math.floor(room / segmentBytes))
    for (const stream of this.#paused) {
      if (budget-- === 0) break
      this.#paused.delete(stream)
      stream.setTimeout(stream.timeout ?? 0)
      stream.resume()
    }
    this.#isWaiting = this.#paused.size > 0
    if (this.#isWaiting) setImmediate(() => void this.#intake.room().then(() => this.#resume()))
  }
}
