import type { Needs } from '../ask/needs.ts'
import type { OpenedRows } from '../ask/world.ts'
import { countRows } from '../ask/count_rows.ts'
import { join, sql, verbatim } from '../sql.ts'
import type { Minutes } from './manifest.ts'
import type { Opened, Reading } from './reading.ts'

const minuteMicros = 60_000_000n
/** Further than any time of a row. */
const always: Minutes = { from: -(2 ** 36), to: 2 ** 36 }

/**
 * Rows of `streams` within `needs`' bounds of time, for who asks for no more than the `grain` minutes that `@timestamp`
 * is in, and `log.level`; `_weight` says for how many each stands: the counts that are kept beside segments are rows of many, and only what they do not cover is read.
 */
export function countedRows(
  reading: Reading,
  streams: readonly string[],
  needs: Needs,
  grain: number,
): OpenedRows {
  const minutes = wholeMinutes(needs)
  const { counts, rest, edges } = reading.counted(streams, needs, minutes, grain)
  const [from, to] = [minutes.from, minutes.to].map((each) => {
    return verbatim(`make_timestamp(${BigInt(each) * minuteMicros})`)
  })
  const sources = [countRows(counts)]
  if (rest.segments.length > 0) sources.push(sql`select *, 1::bigint as _weight from ${rest.from}`)
  if (edges.segments.length > 0) {
    sources.push(
      sql`select *, 1::bigint as _weight from ${edges.from} where "@timestamp" < ${from!} or "@timestamp" >= ${to!}`,
    )
  }
  const read = [...rest.segments, ...edges.segments]
  return {
    from: sql`(${join(sources, ' union all by name ')})`,
    byTime: undefined,
    scanned: {
      segments: read.length,
      skipped: rest.skipped + edges.skipped,
      rows: read.reduce((sum, { rows }) => sum + rows, 0),
      bytes: read.reduce((sum, { bytes }) => sum + bytes, 0),
      damaged: rest.damaged,
    },
    close: () => closeAll([rest, edges]),
  }
}

function closeAll(opened: readonly Opened[]): void {
  for (const each of opened) each.close()
}

/** The whole minutes within the bounds; none where they are closer. */
function wholeMinutes({ fromMicros, toMicros }: Needs): Minutes {
  const from = fromMicros === undefined ? always.from : -Number(floor(-fromMicros))
  const to = toMicros === undefined ? always.to : Number(floor(toMicros + 1n))
  return { from, to: Math.max(from, to) }
}

/** Whole minutes up to a time. */
function floor(micros: bigint): bigint {
  const minutes = micros / minuteMicros
  return minutes * minuteMicros > micros ? minutes - 1n : minutes
}
