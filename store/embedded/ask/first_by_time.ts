import type { AnsweredStruct } from '../database.ts'
import { sql, verbatim, type Sql } from '../sql.ts'
import { edgesOf, type ByTime, type TimeBounds, type TimeSpan } from './time_spans.ts'
import { columnInTimes } from './value_condition.ts'

/** The first of the rows of `from` that fit `where`, in the order that is wanted, `most` at most. */
export type Look = (from: Sql, where: Sql, most: number) => Promise<readonly AnsweredStruct[]>

/** Rows that the first look reads; */
const firstLookRows = 500_000
/** … each further one reads up to so many times as many at least, and twice as many as it takes at the rate so far. */
const nextLook = 8

/**
 * The first rows of an order by `@timestamp`, those without one last: it is looked for them from its end on, each
 * look behind the one before, until there are enough.
 */
export async function firstByTime(
  { spans, untimed, within }: ByTime,
  descending: boolean,
  wanted: number,
  look: Look,
): Promise<readonly AnsweredStruct[]> {
  const found: AnsweredStruct[] = []
  let begin: bigint | undefined
  let least = firstLookRows
  for (const { edge, rows } of edgesOf(spans, descending)) {
    if (rows < least) continue
    const bounds = boundsOf(begin, edge, descending)
    const where = inTimes(untimed ? bounds : neededOf(bounds, spans))
    found.push(...(await look(within(bounds, false), where, wanted - found.length)))
    if (found.length === wanted) return found
    begin = edge
    least = rows * Math.max(nextLook, (2 * wanted) / Math.max(1, found.length))
  }
  const bounds = boundsOf(begin, undefined, descending)
  const where = untimed
    ? sql`(${inTimes(bounds)} or "@timestamp" is null)`
    : inTimes(neededOf(bounds, spans))
  found.push(...(await look(within(bounds, untimed), where, wanted - found.length)))
  return found
}

function boundsOf(begin: bigint | undefined, end: bigint | undefined, descending: boolean) {
  const [from, to] = descending ? [end, begin] : [begin, end]
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}

/** Those of the bounds that some file lies across: a condition costs the reading of all times. */
function neededOf({ from, to }: TimeBounds, spans: readonly TimeSpan[]): TimeBounds {
  const has = (bound: bigint | undefined): bound is bigint =>
    bound !== undefined &&
    spans.some(({ minMicros, maxMicros }) => minMicros < bound && maxMicros >= bound)
  return { ...(has(from) && { from }), ...(has(to) && { to }) }
}

const inTimes = (bounds: TimeBounds): Sql =>
  bounds.from === undefined && bounds.to === undefined ? verbatim('true') : columnInTimes(bounds)
