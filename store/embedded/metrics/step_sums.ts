import type { PointType } from '../../points.ts'
import type { Step } from './figures.ts'
import type { Rows } from './file_rows.ts'
import { everySum, type Sum, type WantedSteps } from './step_sql.ts'

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
    const { sum, count, min, max, last, points } = columns
    const endMs = startMs + steps * stepMs
    for (let row = from; row < to; row++) {
      const atMs = times[row]!
      if (atMs < startMs || atMs >= endMs) continue
      if (atMs <= growing.atMs) return false
      growing.atMs = atMs
      const slot = Math.floor((atMs - startMs) / stepMs)
      if (slot !== growing.slot) {
        this.#finish(key)
        growing.slot = slot
      }
      const ownLast = last ? last[row]! : NaN
      if (sum)
        step.sum = plus(step.sum, isSet ? (isFinest ? or(sum[row]!, ownLast) : ownLast) : sum[row]!)
      if (count) {
        const set = ownLast === ownLast ? 1 : NaN
        step.count = plus(step.count, isSet ? (isFinest ? or(count[row]!, set) : set) : count[row]!)
      }
      if (min) step.min = least(step.min, isRaw ? or(min[row]!, ownLast) : min[row]!)
      if (max) step.max = most(step.max, isRaw ? or(max[row]!, ownLast) : max[row]!)
      if (ownLast === ownLast) step.last = ownLast
      if (points) step.points = plus(step.points, isRaw ? 1 : points[row]!)
    }
    return true
  }

  /** Visits what was not visited yet. */
  finish(): void {
    for (const key of this.#growing.keys()) this.#finish(key)
  }

  #finish(key: number): void {
    const { slot, step } = this.#growing[key]!
    if (slot < 0) return
    this.#visit(key, slot, step)
    for (const name of everySum) step[name] = NaN
  }
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
