import type { Position } from '../../../core/journal/batch.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Framing } from './framing.ts'
import type { Progress, Source } from './source.ts'

/**
 * No options: gatherings that are full share a group commit, so larger ones would save little, and smaller ones
 * no memory to speak of. What an operator may want to bound is `in_flight_bytes`.
 */
const maxBytes = 65_536
const maxSources = 256

/** A source and how far it is read once what was gathered is durable. */
export interface Step {
  readonly source: Source
  readonly progress: Progress
  readonly position: Position
}

/**
 * The few messages of each of many files, to be handed over together: one commit, one notice and one
 * turn of each reader for all of them.
 */
export class Gathering {
  /** Of all that was gathered, as in an Arrival. */
  readonly bytes = Buffer.allocUnsafeSlow(maxBytes)
  readonly spans = new Uint32Array(8192)
  count = 0
  contexts: JsonObject[] = []
  steps: Step[] = []
  tag = ''
  #length = 0

  /** Whether the messages of a frame may be added. */
  takes(tag: string, { spans, count }: Framing): boolean {
    const bytes = spans[2 * count - 1]! - spans[0]! + 1
    const fits = this.#length + bytes <= maxBytes && 2 * (this.count + count) <= this.spans.length
    return fits && (this.count === 0 || (tag === this.tag && this.steps.length < maxSources))
  }

  /** Copies the messages of a frame. */
  add(tag: string, source: Source, framing: Framing): void {
    const { spans, count } = framing
    const from = spans[0]!
    const to = spans[2 * count - 1]!
    const shift = this.#length - from
    framing.source.copy(this.bytes, this.#length, from, to)
    this.#length += to - from + 1
    const context = source.context()
    for (let i = 0; i < count; i++) {
      this.spans[2 * this.count] = spans[2 * i]! + shift
      this.spans[2 * this.count + 1] = spans[2 * i + 1]! + shift
      this.contexts.push(context)
      this.count += 1
    }
    this.tag = tag
    this.steps.push(stepOf(source))
  }

  clear(): void {
    this.count = 0
    this.#length = 0
    this.contexts = []
    this.steps = []
  }
}

/** Taken at once: the source may be read further before its delivery begins. */
export function stepOf(source: Source): Step {
  return { source, progress: source.progress, position: source.position() }
}
