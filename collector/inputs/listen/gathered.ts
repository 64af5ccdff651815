import type { Arrival } from '../../input.ts'
import type { JsonObject } from '../../../core/json.ts'
import { Spans } from '../framing/spans.ts'

/**
 * Messages of many datagrams on their way to one delivery. They lie in one buffer; a sender has its
 * own list of places in it, because an arrival has one context.
 */
export class Gathered {
  #bytes: Buffer
  #length = 0
  readonly #senders = new Map<string, Spans>()
  #lastSender = ''
  #last: Spans | undefined

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** True when `bytes` more fit. */
  hasRoom(bytes: number): boolean {
    return this.#length + bytes <= this.#bytes.length
  }

  /** Copies a datagram; returns where it begins. Look for room first. */
  copy(datagram: Buffer): number {
    const start = this.#length
    datagram.copy(this.#bytes, start)
    this.#length += datagram.length
    return start
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Where to add the messages of `sender`. */
  spansOf(sender: string): Spans {
    // Mostly it is the same as before.
    if (sender === this.#lastSender && this.#last) return this.#last
    let spans = this.#senders.get(sender)
    if (!spans) this.#senders.set(sender, (spans = new Spans()))
    this.#lastSender = sender
    this.#last = spans
    return spans
  }

  /** Hands what is gathered on, an arrival for each sender, and starts anew. */
  handOn(tag: string, context: (sender: string) => JsonObject, to: (arrival: Arrival) => void) {
    const source = this.#bytes
    for (const [sender, spans] of this.#senders) {
      if (spans.count === 0) continue
      const { list, count } = spans
      to({ tag, source, spans: list, count, context: context(sender) })
    }
    // Lists are kept for the next time unless there are many senders.
    if (this.#senders.size > 64) {
      this.#senders.clear()
      this.#last = undefined
    }
    for (const spans of this.#senders.values()) spans.clear()
    this.#length = 0
  }
}
