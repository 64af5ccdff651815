import type { Context } from '../../../core/context.ts'
import type { Append } from '../../../core/journal/batch.ts'
import { messageOf } from '../../../core/errors.ts'
import { Complaints } from '../../../core/listen/complaints.ts'
import { metricPointsTag, pointStream, PointWriter } from '../../../store/points.ts'
import type { CarbonSample, CarbonSink } from './sample.ts'

export interface CarbonIntakeOptions {
  readonly context: Context
  readonly append: Append
  readonly instance: string
  readonly namespace: string
  /** So many bytes of points may wait for the journal. */
  readonly maxPendingBytes: number
}

const batchBytes = 1_000_000

/**
 * Makes points of samples: those that arrive while a batch is being written are the next one. Carbon's protocols
 * know no acknowledgement; what waits is bounded, and who sends over a connection is not read on meanwhile.
 */
export class CarbonIntake implements CarbonSink {
  readonly #options: CarbonIntakeOptions
  readonly #complaints: Complaints
  readonly #waiting: (() => void)[] = []
  #writer = new PointWriter()
  #samples = 0
  #writing: Promise<void> | undefined

  constructor(options: CarbonIntakeOptions) {
    this.#options = options
    this.#complaints = new Complaints(options.context)
  }

  /** Whether no more should be read until `room`. */
  get isFull(): boolean {
    return this.#writer.length > this.#options.maxPendingBytes
  }

  /** Resolves when there is room again. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  add({ series, value, atMs }: CarbonSample): void {
    const { instance } = this.#options
    this.#writer.add({ atMs, series, type: 'value', instance, last: value })
    this.#samples += 1
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  refuse(reason: 'bad_sample' | 'not_finite', text: string): void {
    this.#options.context.count(reason)
    this.#complaints.say(`carbon: ${reason}`, { sample: text.slice(0, 200) })
  }

  /** Counts datagrams that found no room. */
  overflow(): void {
    this.#options.context.count('datagram_overflow')
  }

  /** Writes what waits, unless the deadline fires before; then it is lost, and counted. */
  async stop(deadline: AbortSignal): Promise<void> {
    const late = Promise.withResolvers<void>()
    const onLate = () => late.resolve()
    if (deadline.aborted) onLate()
    deadline.addEventListener('abort', onLate, { once: true })
    while (this.#writing && !deadline.aborted) await Promise.race([this.#writing, late.promise])
    deadline.removeEventListener('abort', onLate)
    if (this.#samples > 0) this.#options.context.count('stopped', this.#samples)
    this.#samples = 0
  }

  async #write(): Promise<void> {
    // What else arrives in this turn goes along.
    await new Promise((resolve) => setImmediate(resolve))
    const { append, namespace, context } = this.#options
    const stream = pointStream('graphite', namespace)
    while (this.#samples > 0) {
      const { bytes, count } = this.#writer.take()
      this.#samples = 0
      for (const resume of this.#waiting.splice(0)) resume()
      for (const batch of piecesOf(bytes, count)) {
        try {
          const result = await append([{ stream, tag: metricPointsTag, ...batch }])
          if (result === 'durable') {
            context.metrics.events_received.inc({ component: context.id }, batch.count)
          }
        } catch (failure) {
          context.count('stopped', batch.count)
          this.#complaints.say('points could not be kept', { reason: messageOf(failure) })
        }
      }
    }
  }
}

/** Batches of a bounded size; each ends with a line. */
function* piecesOf(
  bytes: Uint8Array,
  count: number,
): Generator<{ bytes: Uint8Array; count: number }> {
  if (bytes.length <= batchBytes) {
    yield { bytes, count }
    return
  }
  for (let start = 0; start < bytes.length;) {
    const near = bytes.indexOf(10, Math.min(start + batchBytes, bytes.length - 1))
    const end = near < 0 ? bytes.length : near + 1
    const piece = bytes.subarray(start, end)
    yield { bytes: piece, count: linesIn(piece) }
    start = end
  }
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1
  return lines
}
