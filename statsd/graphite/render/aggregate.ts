/** What makes one value of many, nulls (NaN) left out unless said otherwise; NaN when nothing is known. */
export type Aggregation = (values: Float64Array) => number

/** graphite-web's aggregations by name, in its order. */
export const aggregations: Readonly<Record<string, Aggregation>> = {
  average,
  avg_zero: averageWithZeros,
  median,
  sum,
  min,
  max,
  diff,
  stddev,
  count,
  range,
  multiply,
  last,
}

const aliases: Readonly<Record<string, Aggregation>> = {
  rangeOf: range,
  avg: average,
  total: sum,
  current: last,
}

/** Every name that an aggregation has. */
export const aggregationNames = [...Object.keys(aggregations), ...Object.keys(aliases)]

export function aggregationOf(name: string): Aggregation | undefined {
  if (Object.hasOwn(aggregations, name)) return aggregations[name]
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined
}

/** How many are not null. */
export function count(values: Float64Array): number {
  let known = 0
  for (const value of values) if (value === value) known++
  return known
}

export function sum(values: Float64Array): number {
  let total = 0
  let known = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value !== value) continue
    total += value
    known++
  }
  return known === 0 ? NaN : total
}

export function average(values: Float64Array): number {
  return sum(values) / count(values)
}

/** Nulls are zeros, so that only an empty list is unknown. */
function averageWithZeros(values: Float64Array): number {
  if (values.length === 0) return NaN
  const total = sum(values)
  return Number.isNaN(total) && count(values) === 0 ? 0 : total / values.length
}

function median(values: Float64Array): number {
  const sorted = sortedKnown(values)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function min(values: Float64Array): number {
  let least = NaN
  for (const value of values) if (value < least || least !== least) least = value
  return least
}

export function max(values: Float64Array): number {
  let most = NaN
  for (const value of values) if (value > most || most !== most) most = value
  return most
}

/** The first less all others. */
function diff(values: Float64Array): number {
  let left = NaN
  for (const value of values) {
    if (value !== value) continue
    left = left !== left ? value : left - value
  }
  return left
}

function stddev(values: Float64Array): number {
  const mean = average(values)
  let squares = 0
  for (const value of values) if (value === value) squares += (value - mean) * (value - mean)
  return Math.sqrt(squares / count(values))
}

function range(values: Float64Array): number {
  return max(values) - min(values)
}

/** Unknown as soon as one is null. */
function multiply(values: Float64Array): number {
  if (values.length === 0) return NaN
  let product = 1
  for (const value of values) product *= value
  return product
}

export function last(values: Float64Array): number {
  for (let i = values.length - 1; i >= 0; i--) if (values[i] === values[i]) return values[i]!
  return NaN
}

/** What is not null, ascending. */
export function sortedKnown(values: Float64Array): Float64Array {
  return values.filter((value) => value === value).sort()
}

/**
 * The value below which `percent` of the values lie; between two of them, the upper one, or as far between them as
 * `percent` is.
 */
export function percentile(values: Float64Array, percent: number, interpolate = false): number {
  const sorted = sortedKnown(values)
  if (sorted.length === 0) return NaN
  const fractional = (percent / 100) * (sorted.length + 1)
  const whole = Math.trunc(fractional)
  const rest = fractional - whole
  const rank = Math.max(interpolate ? whole : whole + Math.ceil(rest), 0)
  const found = sorted[Math.min(Math.max(rank - 1, 0), sorted.length - 1)]!
  const next = sorted[rank]
  return interpolate && next !== undefined ? found + rest * (next - found) : found
}

/** Whether enough are known: at least one, and `xFilesFactor` (0 to 1) of them all. */
export function isKnown(known: number, total: number, xFilesFactor: number): boolean {
  return known > 0 && total > 0 && known / total >= xFilesFactor
}

/** What `visit` makes of the values of all columns at each place; columns that are shorter have nulls there. */
export function acrossRows(columns: readonly Float64Array[], visit: Aggregation): Float64Array {
  const length = columns.reduce((most, { length: size }) => Math.max(most, size), 0)
  const result = new Float64Array(length)
  const row = new Float64Array(columns.length)
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < columns.length; j++) row[j] = columns[j]![i] ?? NaN
    result[i] = visit(row)
  }
  return result
}

/** As `acrossRows`, null where fewer than `xFilesFactor` of the columns are known. */
export function aggregated(
  columns: readonly Float64Array[],
  aggregation: Aggregation,
  xFilesFactor: number,
): Float64Array {
  if (aggregation === sum || aggregation === average) {
    return summed(columns, aggregation === average, xFilesFactor)
  }
  return acrossRows(columns, (row) =>
    isKnown(count(row), row.length, xFilesFactor) ? aggregation(row) : NaN,
  )
}

/** Column by column, which is several times as fast. */
function summed(
  columns: readonly Float64Array[],
  isAverage: boolean,
  xFilesFactor: number,
): Float64Array {
  const length = columns.reduce((most, { length: size }) => Math.max(most, size), 0)
  const totals = new Float64Array(length)
  const known = new Uint32Array(length)
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const value = column[i]!
      if (value !== value) continue
      totals[i]! += value
      known[i]!++
    }
  }
  for (let i = 0; i < length; i++) {
    if (!isKnown(known[i]!, columns.length, xFilesFactor)) totals[i] = NaN
    else if (isAverage) totals[i]! /= known[i]!
  }
  return totals
}
