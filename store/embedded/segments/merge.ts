import type { DuckDBConnection } from '@duckdb/node-api'
import { database } from '../database.ts'
import { all, join, type Sql, sql, verbatim } from '../sql.ts'
import { segmentsFolder } from './layout.ts'
import { maskedRows } from './masked_rows.ts'
import { highestSeqs, type NewSegment, type Segment } from './segment.ts'
import { ownSegmentBytes } from './merge_plan.ts'
import type { SegmentStore } from './segment_store.ts'
import { writeSegment } from './segment_writer.ts'
import { troubleSql } from './trouble.ts'
import { unitedWords } from './united_words.ts'

export interface MergeWorld {
  /** Resolves when a segment may be written beside questions. */
  readonly quiet: () => Promise<void>
  /** Microseconds since the epoch; rows of the stream before are not kept. */
  readonly keepFrom: (stream: string) => bigint | undefined
  readonly wordsMax: number
}

/** Groups that get a segment of their own at once; what is left waits for the next merge. */
const groupsMax = 64
const never = new AbortController().signal

interface Group {
  readonly stream: string
  readonly day: string
  readonly bytes: number
}

/**
 * Writes the rows of `inputs` into segments of one stream and day each, sorted by time, without those that were
 * replaced, deleted or are too old; the few of small streams go on together. One commit puts the new
 * in the old ones' place.
 *
 * @returns false when something changed meanwhile that it did not know of; nothing has happened then.
 */
export async function merge(
  store: SegmentStore,
  connection: DuckDBConnection,
  inputs: readonly Segment[],
  world: MergeWorld,
): Promise<boolean> {
  const { manifest, reading } = store
  const gone = new Map(manifest.gone)
  const streams = [...new Set(inputs.flatMap(({ parts }) => parts.map(({ stream }) => stream)))]
  const kept = sql`select * from ${reading.rowsOf(inputs)} where ${youngEnough(streams, world.keepFrom)}`
  const files = inputs.map(({ file }) => `${segmentsFolder(store.world.folder)}/${file}`)
  const masks = await maskedRows(connection, files, manifest.masks(streams))
  const groups = await groupsOf(connection, kept, inputs)
  const words = await unitedWords(store.words, inputs, world)
  const sourceBytes = averageBytes(inputs)
  const added: NewSegment[] = []
  const write = async (rows: Sql, stream: string | undefined, day: string | undefined) => {
    await world.quiet()
    const wanted = { id: manifest.takeId(), stream, day, merged: true, words, sourceBytes }
    const segment = await writeSegment(connection, store.world, rows, wanted)
    if (segment) added.push(segment)
  }
  try {
    for (const { stream, day } of groups) {
      const rows = sql`${kept} and ${ofGroup(stream, day)}`
      await write(await inOrder(connection, rows), stream, day)
    }
    const others = join(
      groups.map(({ stream, day }) => sql`not coalesce(${ofGroup(stream, day)}, false)`),
      ' and ',
    )
    const rest = groups.length === 0 ? kept : sql`${kept} and ${others}`
    const only = streams.length === 1 && inputs.every(({ stream }) => stream !== undefined)
    const [first] = inputs
    await write(
      only ? await inOrder(connection, rest) : sql`${rest} order by _stream, "@timestamp"`,
      only ? first!.stream : undefined,
      only ? first!.day : undefined,
    )
    store.world.step('commit merge')
  } catch (failure) {
    // It is tried again, of less or later; what it wrote would stay until the next start.
    await store.discard(added)
    throw failure
  }
  const isSame =
    inputs.every(({ id }) => manifest.segments.has(id)) &&
    streams.every((stream) => manifest.gone.get(stream) === gone.get(stream))
  if (!isSame) {
    await store.discard(added)
    return false
  }
  const taken = highestSeqs(oldParts(inputs, world.keepFrom))
  await store.commit({ add: added, remove: inputs.map(({ id }) => id), unmask: masks, taken })
  return true
}

/** Those with rows that are left out. */
const oldParts = (inputs: readonly Segment[], keepFrom: MergeWorld['keepFrom']) =>
  inputs
    .flatMap(({ parts }) => parts)
    .filter(({ stream, minMicros }) => {
      const from = keepFrom(stream)
      return from !== undefined && minMicros !== null && minMicros < from
    })

function youngEnough(streams: readonly string[], keepFrom: MergeWorld['keepFrom']): Sql {
  const conditions = streams.flatMap((stream) => {
    const from = keepFrom(stream)
    return from === undefined
      ? []
      : [sql`(_stream <> ${stream} or coalesce("@timestamp" >= make_timestamp(${from}), true))`]
  })
  return all(conditions)
}

/** The rows in the order of a segment: those that tell of trouble last, each part sorted by time. */
async function inOrder(connection: DuckDBConnection, rows: Sql): Promise<Sql> {
  const parts: Sql[] = []
  for (const condition of [sql`not ${troubleSql}`, troubleSql]) {
    const part = sql`${rows} and ${condition}`
    const isSorted = await isInOrder(connection, part)
    parts.push(sql`(${isSorted ? part : sql`${part} order by "@timestamp"`})`)
  }
  return join(parts, ' union all ')
}

/** Whether rows come by time as they are: to sort them takes several times their bytes in memory. */
async function isInOrder(connection: DuckDBConnection, rows: Sql): Promise<boolean> {
  const [row] = await database(connection).rows(
    sql`select count(*) as n from (select "@timestamp" as t, lag("@timestamp") over () as before from (${rows}))
      where t < before`,
    never,
  )
  return Number(row!['n']) === 0
}

const dayOf = verbatim(`strftime("@timestamp", '%Y-%m-%d')`)
const ofGroup = (stream: string, day: string): Sql =>
  day === ''
    ? sql`(_stream = ${stream} and "@timestamp" is null)`
    : sql`(_stream = ${stream} and ${dayOf} = ${day})`

/** Streams' days that have enough rows for a segment of their own, the largest first. */
async function groupsOf(
  connection: DuckDBConnection,
  kept: Sql,
  inputs: readonly Segment[],
): Promise<Group[]> {
  // Those of one stream and day stay so.
  if (inputs.every(({ stream }) => stream !== undefined)) return []
  const rows = await database(connection).rows(
    sql`select _stream as stream, coalesce(${dayOf}, '') as day, count(*) as rows from (${kept}) group by all`,
    never,
  )
  const bytes = averageBytes(inputs)
  return rows
    .map((row) => {
      const stream = row['stream'] as string
      return { stream, day: row['day'] as string, bytes: bytes(stream, Number(row['rows'])) }
    })
    .filter((group) => group.bytes >= ownSegmentBytes)
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, groupsMax)
}

/** Bytes of so many documents of a stream, by what the inputs have on average. */
function averageBytes(inputs: readonly Segment[]): (stream: string, rows: number) => number {
  const sums = new Map<string, { rows: number; bytes: number }>()
  for (const { stream, rows, sourceBytes } of inputs.flatMap(({ parts }) => parts)) {
    const sum = sums.get(stream) ?? { rows: 0, bytes: 0 }
    sums.set(stream, { rows: sum.rows + rows, bytes: sum.bytes + sourceBytes })
  }
  return (stream, rows) => {
    const sum = sums.get(stream)
    return sum ? Math.round((sum.bytes * rows) / Math.max(1, sum.rows)) : 0
  }
}
