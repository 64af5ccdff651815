import { sql, verbatim } from '../sql.ts'
import type { Asked } from './asked.ts'
import { countRows } from './count_rows.ts'
import type { TimeSpan } from './time_spans.ts'

/** Of more minutes and levels than these, the groups cost more than they spare. */
const groupsMax = 20_000
const minutesMax = 10_000n
const minuteMicros = 60_000_000n

/**
 * The same question of its rows grouped by the minute of their `@timestamp` and by `log.level`, for one that depends
 * on no more: they are read once then, and not for each level of buckets and for the total.
 *
 * @returns undefined where the rows are of too many minutes or levels
 */
export async function grouped(
  asked: Asked,
  spans: readonly TimeSpan[],
): Promise<Asked | undefined> {
  if (minutesOf(spans) > minutesMax) return undefined
  const minute = verbatim(String(minuteMicros))
  const micros = verbatim('epoch_us("@timestamp")')
  // Of times before the epoch the remainder is negative.
  const floor = sql`case when ${micros} >= 0 then ${micros} // ${minute} else -((${minute} - 1 - ${micros}) // ${minute}) end`
  // One that is not a text is not asked for (countable.ts).
  const field = asked.field('log.level')
  const level = field?.type === 'VARCHAR' ? field.scalar : verbatim('null::varchar')
  const rows = await asked.database.rows(
    sql`select ${floor} as minute, ${level} as level, count(*) as count
      from (select * from ${asked.from} where ${asked.where}) group by all limit ${groupsMax + 1}`,
    asked.deadline,
  )
  // A level that is an empty text is not one that is missing.
  if (rows.length > groupsMax || rows.some((row) => row['level'] === '')) return undefined
  const counts = rows.map((row) => ({
    minute: row['minute'] === null ? null : Number(row['minute']),
    level: (row['level'] as string | null) ?? '',
    count: Number(row['count']),
  }))
  const from = sql`(${countRows(counts)})`
  return { ...asked, from, where: verbatim('true'), weight: verbatim('_weight') }
}

function minutesOf(spans: readonly TimeSpan[]): bigint {
  if (spans.length === 0) return 0n
  const [first, ...rest] = spans
  let { minMicros, maxMicros } = first!
  for (const span of rest) {
    if (span.minMicros < minMicros) minMicros = span.minMicros
    if (span.maxMicros > maxMicros) maxMicros = span.maxMicros
  }
  return (maxMicros - minMicros) / minuteMicros
}
