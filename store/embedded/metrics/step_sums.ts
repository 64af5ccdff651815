import type { PointType } from '../../points.ts'
import type { Step } from './figures.ts'
import type { Rows } from './file_rows.ts'
import type { Sum, WantedSteps } from './step_sql.ts'

type Visit = (key: number, slot: number, step: Step) => void

/** What is known of the step of a key that is being added up. */
interface Growing {
  readonly step: Step
  slot: number
  atMs: number
  readonly isPlain: boolean
}

/** Sets, counters, gauges and values: all that a timer has besides is not for adding up in numbers. */
export const isNumeric = (type: PointType): boolean => type !== 'timer'

/**
 * Adds up the points of each key, step by step, as `rolledColumns` does, as long as their times ascend: then none is
 * there twice and none meets another instance's at one moment.
 */
export class StepSums {
  readonly #wanted: WantedSteps
  readonly #visit: Visit
  readonly #growing: readonly Growing[]

  constructor(wanted: WantedSteps, visit: Visit) {
    this.#wanted = wanted
    this.#visit = visit
    this.#growing = wanted.keys.map(({ type }) => {
      const isPlain = type === 'gauge' || type === 'value'
      return { step: emptyStep(), slot: -1, atMs: -Infinity, isPlain }
    })
  }

  /** @returns false when a time is not behind the one before: nothing of that key is right then. */
  add({ key, from, to, times, columns }: Rows<Sum>, isRaw: boolean): boolean {
    const { startMs, stepMs, steps, isFinest } = this.#wanted
    const growing = this.#growing[key]!
    const { step } = growing
    const isSet = isRaw && growing.isPlain
    const { sum: sums, count: counts, min: mins, max: maxs, last: lasts, points: all } = columns
    const endMs = startMs + steps * stepMs
    // Numbers of an object would each be made anew with each row.
    let { slot, atMs } = growing
    let { sum, count, min, max, last, points } = step
    let isInOrder = true
    for (let row = from; row < to; row++) {
      const ownMs = times[row]!
      if (ownMs < startMs || ownMs >= endMs) continue
      isInOrder = ownMs > atMs
      if (!isInOrder) break
      atMs = ownMs
      const own = Math.floor((atMs - startMs) / stepMs)
      if (own !== slot) {
        if (slot >= 0) {
          put(step, sum, count, min, max, last, points)
          this.#visit(key, slot, step)
        }
        slot = own
        sum = count = min = max = last = points = NaN
      }
      const ownLast = lasts ? lasts[row]! : NaN
      if (sums) sum = plus(sum, isSet ? (isFinest ? or(sums[row]!, ownLast) : ownLast) : sums[row]!)
      if (counts) {
        const set = ownLast === ownLast ? 1 : NaN
        count = plus(count, isSet ? (isFinest ? or(counts[row]!, set) : set) : counts[row]!)
      }
      if (mins) min = least(min, isRaw ? or(mins[row]!, ownLast) : mins[row]!)
      if (maxs) max = most(max, isRaw ? or(maxs[row]!, ownLast) : maxs[row]!)
      if (ownLast === ownLast) last = ownLast
      if (all) points = plus(points, isRaw ? 1 : all[row]!)
    }
    put(step, sum, count, min, max, last, points)
    growing.slot = slot
    growing.atMs = atMs
    return isInOrder
  }

  /** Visits what was not visited yet. */
  finish(): void {
    for (const [key, { slot, step }] of this.#growing.entries())
      if (slot >= 0) this.#visit(key, slot, step)
  }
}

function put(
  step: Step,
  sum: number,
  count: number,
  min: number,
  max: number,
  last: number,
  points: number,
): void {
  step.sum = sum
  step.count = count
  step.min = min
  step.max = max
  step.last = last
  step.points = points
}

/** A step of which nothing is known. */
export const emptyStep = (): Step => ({
  sum: NaN,
  count: NaN,
  min: NaN,
  max: NaN,
  last: NaN,
  points: NaN,
  samples: NaN,
  isSingle: false,
  exact: {},
  sketch: undefined,
})

// NaN is what SQL calls NULL: it is passed over.
const or = (a: number, b: number) => (a === a ? a : b)
const plus = (a: number, b: number) => (a === a ? (b === b ? a + b : a) : b)
const least = (a: number, b: number) => (a < b || b !== b ? a : b)
const most = (a: number, b: number) => (a > b || b !== b ? a : b)
