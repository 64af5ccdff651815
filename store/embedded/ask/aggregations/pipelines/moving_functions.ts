import type { ListFunctions } from '../expression.ts'

const real = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value))
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

function unweightedAvg(given: readonly number[]): number {
  const values = real(given)
  return values.length === 0 ? Number.NaN : total(values) / values.length
}

function linearWeightedAvg(given: readonly number[]): number {
  const values = real(given)
  // Elasticsearch counts the weights from one more than there are.
  const weights = 1 + (values.length * (values.length + 1)) / 2
  const weighted = values.reduce((sum, value, at) => sum + value * (at + 1), 0)
  return values.length === 0 ? Number.NaN : weighted / weights
}

function ewma(given: readonly number[], alpha = Number.NaN): number {
  let average = Number.NaN
  for (const [at, value] of real(given).entries()) {
    average = at === 0 ? value : value * alpha + average * (1 - alpha)
  }
  return average
}

function holt(given: readonly number[], alpha = Number.NaN, beta = Number.NaN): number {
  let [level, trend] = [Number.NaN, 0]
  for (const [at, value] of real(given).entries()) {
    const last = level
    level = at === 0 ? value : alpha * value + (1 - alpha) * (level + trend)
    trend = at === 0 ? 0 : beta * (level - last) + (1 - beta) * trend
  }
  return level
}

function stdDev(given: readonly number[], average = Number.NaN): number {
  const values = real(given)
  if (values.length === 0 || Number.isNaN(average)) return Number.NaN
  return Math.sqrt(total(values.map((value) => (value - average) ** 2)) / values.length)
}

const extreme = (of: (...values: number[]) => number) => (given: readonly number[]) => {
  const values = real(given)
  return values.length === 0 ? Number.NaN : values.reduce((a, b) => of(a, b))
}

/** Elasticsearch's `MovingFunctions`, but for the seasonal one. */
export const movingFunctions: ListFunctions = {
  'MovingFunctions.max': extreme(Math.max),
  'MovingFunctions.min': extreme(Math.min),
  'MovingFunctions.sum': (values) => total(real(values)),
  'MovingFunctions.unweightedAvg': unweightedAvg,
  'MovingFunctions.linearWeightedAvg': linearWeightedAvg,
  'MovingFunctions.ewma': ewma,
  'MovingFunctions.holt': holt,
  'MovingFunctions.stdDev': stdDev,
}
