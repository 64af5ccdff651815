import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import type { PointType } from '../../points.ts'
import { typesOf } from '../database.ts'
import { type Sql, sql, verbatim } from '../sql.ts'
import { addsUp, type Step } from './figures.ts'
import type { PointSegment } from './point_manifest.ts'
import type { PointStore } from './point_store.ts'
import type { MergedSketch } from './sketch.ts'
import {
  everySum,
  exactKeys,
  isSketched,
  neededColumns,
  neededSums,
  placeOf,
  pointsOf,
  type Sum,
  sums,
  type WantedSteps,
} from './step_sql.ts'
import { emptyStep, isNumeric, StepSums } from './step_sums.ts'

type Visit = (key: number, slot: number, step: Step) => void

/** So many steps are read as a whole. */
const wholeMax = 2_000_000
const isManySteps = ({ keys, steps }: WantedSteps) => keys.length * steps > wholeMax

/** Calls `visit` for every step that has points; it may be called again for one, and means it then. */
export async function readSteps(
  store: PointStore,
  connection: DuckDBConnection,
  wanted: WantedSteps,
  deadline: AbortSignal,
  visit: Visit,
): Promise<void> {
  const endMs = wanted.startMs + wanted.steps * wanted.stepMs
  const segments = [...store.manifest.segments.values()].filter(
    ({ minMs, maxMs }) => minMs < endMs && maxMs >= wanted.startMs,
  )
  if (segments.length === 0) return
  const release = store.hold(segments)
  try {
    const byKind = Map.groupBy(wanted.keys.keys(), (n) => isNumeric(wanted.keys[n]!.type))
    for (const [isPlain, places] of byKind) {
      const own = { ...wanted, keys: places.map((n) => wanted.keys[n]!) }
      const visitOwn: Visit = (n, slot, step) => visit(places[n]!, slot, step)
      if (isPlain && (await readRows(store, segments, own, deadline, visitOwn))) continue
      await askForSteps(store, connection, segments, own, deadline, visitOwn)
    }
  } finally {
    release()
  }
}

/**
 * Steps out of the rows as they lie in the files.
 *
 * @returns false when DuckDB has to be asked, for points that meet others, or files that are laid out otherwise.
 */
async function readRows(
  store: PointStore,
  segments: readonly PointSegment[],
  wanted: WantedSteps,
  deadline: AbortSignal,
  visit: Visit,
): Promise<boolean> {
  const { keys, startMs, stepMs, steps } = wanted
  const byType = new Map(
    [...new Set(keys.map(({ type }) => type))].map((type) => {
      const needed = neededSums({ ...wanted, keys: [{ series: '', type }] })
      // A gauge's sums are of its last value, where nothing else is known.
      const isOfLast = type === 'gauge' || type === 'value'
      return [type, everySum.filter((name) => needed.has(name) || (isOfLast && name === 'last'))]
    }),
  )
  const columnsOf = (type: PointType) => byType.get(type)!
  const rows = { keys, columnsOf, fromMs: startMs, toMs: startMs + steps * stepMs }
  const sums = new StepSums(wanted, visit)
  try {
    for (const segment of segments.toSorted((a, b) => a.minMs - b.minMs || a.id - b.id)) {
      const isRaw = segment.stepMs === 0
      if (!(await store.rows.each(segment, rows, deadline, (each) => sums.add(each, isRaw))))
        return false
    }
  } catch {
    // What is wrong with a file is DuckDB's to say.
    deadline.throwIfAborted()
    return false
  }
  sums.finish()
  return true
}

/** Steps as DuckDB adds them up, whatever there is. */
async function askForSteps(
  store: PointStore,
  connection: DuckDBConnection,
  segments: readonly PointSegment[],
  wanted: WantedSteps,
  deadline: AbortSignal,
  visit: Visit,
): Promise<void> {
  const { keys, steps, figures } = wanted
  const isTimed = keys.some(({ type }) => type === 'timer')
  const exact = isTimed ? exactKeys(figures) : []
  const needed = neededSums(wanted)
  const columns = verbatim(neededColumns(needed, isTimed, exact.length > 0))
  const joined = pointsOf(wanted, {
    segments,
    pathOf: store.pathOf,
    columns,
    hasInstance: needed.has('last'),
  })
  const select = sql`select ${placeOf(wanted)} as place, ${sums(wanted, needed, isTimed, exact)}
    from ${joined} group by all`
  // Steps that take a sketch, and wait for it.
  const waiting = new Map<number, Step>()
  const isAlways = figures.some((figure) => typeof figure === 'object' && 'quantile' in figure)
  const isNeeded = isTimed && figures.some(isSketched)
  await eachChunk(connection, select, deadline, isManySteps(wanted), (chunk) => {
    visitRows(chunk, needed, exact, isTimed, (place, step) => {
      const n = Math.floor(place / steps)
      if (isNeeded && (isAlways || !step.isSingle)) waiting.set(place, { ...step })
      else visit(n, place - n * steps, step)
    })
  })
  if (waiting.size === 0) return
  await eachSketch(connection, joined, wanted, deadline, (place, sketch) => {
    const step = waiting.get(place)
    if (step) step.sketch = sketch
  })
  for (const [place, step] of waiting) visit(Math.floor(place / steps), place % steps, step)
}

/** Rows of: place, the needed sums, of timers samples and whether it is single, and exact figures. */
function visitRows(
  chunk: DuckDBDataChunk,
  needed: ReadonlySet<Sum>,
  exact: readonly string[],
  isTimed: boolean,
  visit: (place: number, step: Step) => void,
): void {
  const columns = Array.from({ length: chunk.columnCount }, (_, at) => chunk.getColumnVector(at))
  const number = (column: number, row: number) => (columns[column]!.getItem(row) as number) ?? NaN
  const present = everySum.filter((name) => needed.has(name))
  const timed = 1 + present.length
  const step = emptyStep()
  for (let row = 0; row < chunk.rowCount; row++) {
    for (let at = 0; at < present.length; at++) step[present[at]!] = number(1 + at, row)
    if (isTimed) {
      step.samples = number(timed, row)
      step.isSingle = columns[timed + 1]!.getItem(row) === true
      if (exact.length > 0) {
        const values = exact.map((key, at) => [key, number(timed + 2 + at, row)] as const)
        step.exact = Object.fromEntries(
          values.filter(([key, value]) => value === value && (step.isSingle || addsUp(key))),
        )
      }
    }
    visit(number(0, row), step)
  }
}

/** Calls `visit` with the merged sketch of each step, by key and slot: key times steps and slot. */
async function eachSketch(
  connection: DuckDBConnection,
  joined: Sql,
  wanted: WantedSteps,
  deadline: AbortSignal,
  visit: (place: number, sketch: MergedSketch) => void,
): Promise<void> {
  const select = sql`select place, bucket, sum(n) as n from (
      select ${placeOf(wanted)} as place, unnest(sketch_bucket) as bucket, unnest(sketch_count) as n
      from ${joined} where sketch_bucket is not null
    ) group by all order by place, bucket`
  // A step has some dozen buckets.
  const isLarge = true
  let [place, buckets, counts, total] = [-1, [] as number[], [] as number[], 0]
  const finish = () => {
    if (place >= 0) visit(place, { buckets, counts, total })
    ;[buckets, counts, total] = [[], [], 0]
  }
  await eachChunk(connection, select, deadline, isLarge, (chunk) => {
    const [places, numbers, sums] = [0, 1, 2].map((column) => chunk.getColumnVector(column))
    for (let row = 0; row < chunk.rowCount; row++) {
      const at = places!.getItem(row) as number
      if (at !== place) finish()
      place = at
      const count = sums!.getItem(row) as number
      buckets.push(numbers!.getItem(row) as number)
      counts.push(count)
      total += count
    }
  })
  finish()
}

/** Runs a question, chunk by chunk. @throws the deadline's reason when it fires. */
async function eachChunk(
  connection: DuckDBConnection,
  { text, values }: Sql,
  deadline: AbortSignal,
  isLarge: boolean,
  visit: (chunk: DuckDBDataChunk) => void,
): Promise<void> {
  deadline.throwIfAborted()
  const interrupt = () => connection.interrupt()
  deadline.addEventListener('abort', interrupt)
  try {
    // As a whole it costs less; as it comes, less memory.
    const read = (isLarge ? connection.stream : connection.run).bind(connection)
    const result = await read(text, [...values], typesOf(values))
    for await (const chunk of result) {
      deadline.throwIfAborted()
      visit(chunk)
    }
  } catch (failure) {
    deadline.throwIfAborted()
    throw failure
  } finally {
    deadline.removeEventListener('abort', interrupt)
  }
}
