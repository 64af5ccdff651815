import type { JsonObject } from '../../../core/json.ts'
import type { InputContext } from '../../input.ts'
import { addTooLong, type MessageLimits } from '../framing/framer.ts'
import type { Intake } from '../intake.ts'
import type { Complaints } from '../../../core/listen/complaints.ts'
import { Gathered } from './gathered.ts'

export interface DatagramConfig {
  readonly tag: string
  /** Whether each line of a datagram is a message, or the whole of it. */
  readonly byLine: boolean
  readonly max_message_size: number
  readonly long_messages: 'cut' | 'drop'
  readonly max_pending_bytes: number
}

/** Longest wait of a datagram for others to be delivered with it. */
const gatherMs = 5
const gatherBytes = 2 ** 20

const newline = 10
const carriageReturn = 13

/**
 * What becomes of datagrams: they are gathered while a delivery is under way and then delivered
 * together, since a delivery for each would cost more than the datagram; what comes while too much is
 * not durable is counted and dropped, since their senders cannot be made to wait.
 */
export class Datagrams {
  #config: DatagramConfig
  readonly #context: InputContext
  readonly #intake: Intake
  readonly #complaints: Complaints
  readonly #contextOf: (sender: string) => JsonObject
  readonly #gathered = new Gathered(gatherBytes)
  #limits: Omit<MessageLimits, 'spans'>
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Immediate | undefined

  /** @param contextOf where an arrival came from, by the sender that `receive` was given. */
  constructor(
    config: DatagramConfig,
    context: InputContext,
    intake: Intake,
    complaints: Complaints,
    contextOf: (sender: string) => JsonObject,
  ) {
    this.#config = config
    this.#context = context
    this.#intake = intake
    this.#complaints = complaints
    this.#contextOf = contextOf
    this.#limits = limitsOf(config, context)
  }

  /** Other options, for datagrams to come. */
  set config(config: DatagramConfig) {
    this.flush()
    this.#config = config
    this.#limits = limitsOf(config, this.#context)
    this.#intake.maxPendingBytes = config.max_pending_bytes
  }

  receive(datagram: Buffer, sender: string): void {
    const gathered = this.#gathered
    const waiting = this.#intake.pendingBytes + gathered.length
    if (waiting + datagram.length > this.#config.max_pending_bytes) {
      this.#context.count('datagram_overflow')
      this.#complaints.say('datagrams dropped: max_pending_bytes are not durable yet', { waiting })
      return
    }
    if (!gathered.hasRoom(datagram.length)) this.flush()
    const base = gathered.copy(datagram)
    const limits = { ...this.#limits, spans: gathered.spansOf(sender) }
    addMessages(datagram, gathered.bytes, base, this.#config.byLine, limits)
    this.#flushLater()
  }

  /** Delivers what is gathered. */
  flush(): void {
    clearImmediate(this.#soon)
    clearTimeout(this.#timer)
    this.#soon = undefined
    this.#timer = undefined
    this.#gathered.handOn(this.#config.tag, this.#contextOf, (arrival) => {
      let bytes = 0
      for (let i = 0; i < arrival.count; i++) {
        bytes += arrival.spans[2 * i + 1]! - arrival.spans[2 * i]!
      }
      void this.#intake.takeOrLose(arrival, bytes).then(() => {
        if (this.#timer && this.#intake.underWay === 0) this.flush()
      })
    })
  }

  /** At once when nothing is under way (after what this turn of the loop receives), else a bit later. */
  #flushLater() {
    if (this.#soon || this.#timer) return
    if (this.#intake.underWay === 0) this.#soon = setImmediate(() => this.flush())
    else this.#timer = setTimeout(() => this.flush(), gatherMs)
  }
}

function limitsOf(config: DatagramConfig, { count }: InputContext): Omit<MessageLimits, 'spans'> {
  const { max_message_size, long_messages } = config
  return { maxMessageBytes: max_message_size, longMessages: long_messages, note: count }
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
