import type { RenderLimits } from './limits.ts'
import { RenderError } from './render_error.ts'

/** Characters of text that cost as much as a value. */
const charactersAPoint = 8

/** Counts what a request uses, and refuses what exceeds its limits. */
export class Budget {
  readonly limits: RenderLimits
  #calls = 0
  #series = 0
  #points = 0

  constructor(limits: RenderLimits) {
    this.limits = limits
  }

  get seriesLeft(): number {
    return Math.max(this.limits.maxSeries - this.#series, 0)
  }

  get pointsLeft(): number {
    return Math.max(this.limits.maxPoints - this.#points, 0)
  }

  /** @throws RenderError, as the others. */
  takeCall() {
    if (++this.#calls > this.limits.maxCalls) {
      throw new RenderError(`it takes more than ${this.limits.maxCalls} calls of functions`)
    }
  }

  takeSeries(series: number) {
    this.#series += series
    if (this.#series > this.limits.maxSeries) {
      throw new RenderError(
        `it takes more than ${this.limits.maxSeries} series; ask for fewer at a time`,
      )
    }
  }

  takePoints(points: number) {
    this.#points += points
    if (this.#points > this.limits.maxPoints || Number.isNaN(points)) {
      throw new RenderError(
        `it takes more than ${this.limits.maxPoints} values; ask for a shorter time, fewer series or longer steps`,
      )
    }
  }

  takeNames(names: readonly string[]) {
    let characters = 0
    for (const { length } of names) {
      characters += length
      if (length > this.limits.maxNameLength) {
        throw new RenderError(`a name has more than ${this.limits.maxNameLength} characters`)
      }
    }
    this.takePoints(Math.trunc(characters / charactersAPoint))
  }
}
