import { sql, verbatim } from '../sql.ts'
import type { Asked } from './asked.ts'
import { countRows } from './count_rows.ts'
import type { TimeSpan } from './time_spans.ts'

/** Of more minutes and levels than these, the groups cost more than they spare. */
const groupsMax = 20_000
const grainsMax = 10_000n
const minuteMicros = 60_000_000n

/**
 * The same question of its rows grouped by the `grain` minutes, since the epoch, that their `@timestamp` is in and by
 * `log.level`, for one that depends on no more: they are read once then, and not for each level of buckets and for the total.
 *
 * @returns undefined where the rows are of too many minutes or levels
 */
export async function grouped(
  asked: Asked,
  spans: readonly TimeSpan[],
  grain: number,
): Promise<Asked | undefined> {
  const grains = BigInt(grain)
  if (minutesOf(spans) > grainsMax * grains) return undefined
  const length = verbatim(String(minuteMicros * grains))
  const micros = verbatim('epoch_us("@timestamp")')
  const quotient = sql`${micros} // ${length}`
  // Of times before the epoch the remainder is negative.
  const floor = spans.every(({ minMicros }) => minMicros >= 0n)
    ? quotient
    : sql`case when ${micros} >= 0 then ${quotient} else -((${length} - 1 - ${micros}) // ${length}) end`
  // One that is not a text is not asked for (countable.ts).
  const field = asked.field('log.level')
  const level = field?.type === 'VARCHAR' ? field.scalar : verbatim('null::varchar')
  const rows = await asked.database.rows(
    sql`select ${floor} as place, ${level} as level, count(*) as count
      from (select * from ${asked.from} where ${asked.where}) group by all limit ${groupsMax + 1}`,
    asked.deadline,
  )
  // A level that is an empty text is not one that is missing.
  if (rows.length > groupsMax || rows.some((row) => row['level'] === '')) return undefined
  const counts = rows.map((row) => ({
    minute: row['place'] === null ? null : Number(row['place']) * grain,
    level: (row['level'] as string | null) ?? '',
    count: Number(row['count']),
  }))
  const from = sql`(${countRows(counts)})`
  return { ...asked, from, where: verbatim('true'), weight: verbatim('_weight') }
}

/** Minutes that some span has a part of, about. */
function minutesOf(spans: readonly TimeSpan[]): bigint {
  let [minutes, end] = [0n, minutesFloor]
  for (const { minMicros, maxMicros } of spans.toSorted(byBegin)) {
    const [first, last] = [minMicros / minuteMicros, maxMicros / minuteMicros]
    if (last < end) continue
    minutes += last + 1n - (first > end ? first : end)
    end = last + 1n
  }
  return minutes
}

/** Before any time of a row. */
const minutesFloor = -(2n ** 63n) / minuteMicros - 1n
const byBegin = (one: TimeSpan, other: TimeSpan) =>
  one.minMicros < other.minMicros ? -1 : Number(one.minMicros > other.minMicros)
