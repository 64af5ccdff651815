import type { MetricPoint, PointSketch } from '../../store/points.ts'
import { bucketOf, Sketch } from '../flush/sketch.ts'

/** Milliseconds to Prometheus' seconds. */
const secondsPerMs = 0.001

/** What a timer's point says of its values. */
export interface Observed {
  /** Up-sampled, as `sum` is. */
  readonly count: number
  /** In the point's own unit. */
  readonly sum: number
  readonly sketch: PointSketch
  /** A value of the sketch counts so many times. */
  readonly weight: number
  /** From the point's unit to Prometheus': timers of Etsy's dialect are in milliseconds. */
  readonly unit: number
  readonly min: number
  readonly max: number
}

/** Undefined when there was no value in the interval. */
export function observedOf(point: MetricPoint): Observed | undefined {
  const { count = 0, sum = 0, sketch, exact, min = NaN, max = NaN } = point
  if (!sketch || count <= 0) return undefined
  const values = totalOf(sketch)
  if (values <= 0) return undefined
  // Of a sampled timer every value stands for some: its sum and buckets grow with its count.
  const weight = count / values
  // DogStatsD's histograms and distributions, which alone have an avg, come without a unit.
  const isMs = exact?.['avg'] === undefined
  return { count, sum: sum * weight, sketch, weight, unit: isMs ? secondsPerMs : 1, min, max }
}

function totalOf({ zero, positive, negative }: PointSketch): number {
  let total = zero
  for (const { counts } of [positive, negative].filter((each) => each !== undefined)) {
    for (let i = 0; i < counts.length; i++) total += counts[i]!
  }
  return total
}

/**
 * How many values are at or below `bound`, right to the width of the sketch's bucket: what shares the bucket of
 * the bound counts as below, so a value that is the bound does, and one up to 2 % above may.
 */
export function countUpTo({ zero, positive, negative }: PointSketch, bound: number): number {
  let total = 0
  if (negative) {
    // Of -x; the larger the bucket, the lower the value.
    const from = bound < 0 ? bucketOf(-bound) : -Infinity
    for (let i = 0; i < negative.counts.length; i++) {
      if (negative.offset + i >= from) total += negative.counts[i]!
    }
  }
  if (bound >= 0) total += zero
  if (positive && bound > 0) {
    const upTo = bucketOf(bound)
    for (let i = 0; i < positive.counts.length; i++) {
      if (positive.offset + i > upTo) break
      total += positive.counts[i]!
    }
  }
  return total
}

/** Values of the last while, in slots that go when they are old. */
export class Window {
  readonly #slotMs: number
  readonly #slots: { startMs: number; sketch: Sketch; min: number; max: number }[] = []
  readonly #most: number

  constructor(maxAgeMs: number, slots: number) {
    this.#slotMs = maxAgeMs / slots
    this.#most = slots
  }

  add({ sketch, min, max }: Observed, atMs: number): void {
    this.#drop(atMs)
    let slot = this.#slots.at(-1)
    if (!slot || atMs >= slot.startMs + this.#slotMs) {
      slot = { startMs: atMs - (atMs % this.#slotMs), sketch: new Sketch(), min, max }
      this.#slots.push(slot)
    }
    slot.sketch.merge(sketch)
    slot.min = Math.min(slot.min, min)
    slot.max = Math.max(slot.max, max)
  }

  /** Values at quantiles, 0 to 1; NaN where there is none. */
  quantiles(wanted: readonly number[], nowMs: number): number[] {
    this.#drop(nowMs)
    const whole = new Sketch()
    for (const { sketch } of this.#slots) whole.merge(sketch.toPoint())
    const total = totalOf(whole.toPoint())
    const min = Math.min(...this.#slots.map((slot) => slot.min))
    const max = Math.max(...this.#slots.map((slot) => slot.max))
    return wanted.map((quantile) => {
      if (total === 0) return NaN
      const { value } = whole.at(Math.max(0, Math.ceil(quantile * total) - 1))
      return Math.min(max, Math.max(min, value))
    })
  }

  #drop(nowMs: number): void {
    while (this.#slots[0] && nowMs >= this.#slots[0].startMs + this.#slotMs * this.#most) {
      this.#slots.shift()
    }
  }
}
