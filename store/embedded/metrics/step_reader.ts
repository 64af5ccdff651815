import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import type { Figure, SeriesKey } from '../../metrics.ts'
import { typesOf } from '../database.ts'
import { join, type Sql, sql, verbatim } from '../sql.ts'
import { addsUp, needsSketch, type Step } from './figures.ts'
import { rowsOf } from './point_rows.ts'
import type { PointStore } from './point_store.ts'
import { rolledColumns } from './roll_up.ts'
import type { MergedSketch } from './sketch.ts'

/** Steps of one length, of several series. */
export interface WantedSteps {
  readonly keys: readonly SeriesKey[]
  readonly figures: readonly Figure[]
  readonly startMs: number
  readonly stepMs: number
  readonly steps: number
  /** Whether a step is to hold what came, and nothing rolled up. */
  readonly isFinest: boolean
}

type Visit = (key: number, slot: number, step: Step) => void

/** So many steps are read as a whole. */
const wholeMax = 2_000_000
const isManySteps = ({ keys, steps }: WantedSteps) => keys.length * steps > wholeMax

/** So many series of so many files are read one by one, which DuckDB does faster than to look for several at once. */
const apartMax = 256
/** So many are named in the condition, so that the files are read in part. */
const namedMax = 256

/** Calls `visit` for every step that has points. */
export async function readSteps(
  store: PointStore,
  connection: DuckDBConnection,
  wanted: WantedSteps,
  deadline: AbortSignal,
  visit: Visit,
): Promise<void> {
  const { keys, startMs, stepMs, steps, figures, isFinest } = wanted
  const endMs = startMs + steps * stepMs
  const segments = [...store.manifest.segments.values()].filter(
    ({ minMs, maxMs }) => minMs < endMs && maxMs >= startMs,
  )
  if (segments.length === 0 || keys.length === 0) return
  const release = store.hold(segments)
  try {
    const isTimed = keys.some(({ type }) => type === 'timer')
    const exact = isTimed ? exactKeys(figures) : []
    const needed = neededSums(wanted)
    const columns = verbatim(neededColumns(needed, isTimed, exact.length > 0))
    // Several instances at one moment are told apart where the last of them counts.
    const pointsOf = (isEach: boolean) => {
      const rows = (...of: Sql[]) =>
        rowsOf(
          segments,
          store.pathOf,
          [...timeWithin(startMs, endMs), ...of],
          columns,
          needed.has('last'),
          isEach,
        )
      const isApart = keys.length * segments.length <= apartMax
      return isApart ? oneByOne(keys, rows) : together(keys, rows)
    }
    if (
      isFinest &&
      !isTimed &&
      (await readOnce(connection, pointsOf(true), wanted, needed, deadline, visit))
    )
      return
    const joined = pointsOf(false)
    const select = sql`select ${placeOf(wanted)} as place, ${sums(wanted, needed, isTimed, exact)}
      from ${joined} group by all`
    const isLarge = isManySteps(wanted)
    // Steps that take a sketch, and wait for it.
    const waiting = new Map<number, Step>()
    const isAlways = figures.some((figure) => typeof figure === 'object' && 'quantile' in figure)
    const isNeeded = isTimed && figures.some(isSketched)
    await eachChunk(connection, select, deadline, isLarge, (chunk) => {
      visitRows(chunk, needed, exact, isTimed, (place, step) => {
        const n = Math.floor(place / steps)
        if (isNeeded && keys[n]!.type === 'timer' && (isAlways || !step.isSingle)) {
          waiting.set(place, { ...step })
        } else visit(n, place - n * steps, step)
      })
    })
    if (waiting.size === 0) return
    await eachSketch(connection, joined, wanted, deadline, (place, sketch) => {
      const step = waiting.get(place)
      if (step) step.sketch = sketch
    })
    for (const [place, step] of waiting) visit(Math.floor(place / steps), place % steps, step)
  } finally {
    release()
  }
}

/**
 * Steps as they come from the files, which is all there is to do where each holds one point.
 *
 * @returns false when one holds several: what was visited is to be visited again.
 */
async function readOnce(
  connection: DuckDBConnection,
  joined: Sql,
  wanted: WantedSteps,
  needed: ReadonlySet<Sum>,
  deadline: AbortSignal,
  visit: Visit,
): Promise<boolean> {
  const { keys, steps } = wanted
  const seen = new Uint8Array(keys.length * steps)
  const columns = everySum
    .filter((name) => needed.has(name))
    .map((name) => `(${fineColumns[name]})::double`)
  const select = sql`select ${placeOf(wanted)} as place, ${verbatim(columns.join(', '))} from ${joined}`
  const isLarge = isManySteps(wanted)
  let isOnce = true
  await eachChunk(connection, select, deadline, isLarge, (chunk) => {
    visitRows(chunk, needed, [], false, (place, step) => {
      if (seen[place] === 1) isOnce = false
      seen[place] = 1
      const n = Math.floor(place / steps)
      visit(n, place - n * steps, step)
    })
  })
  return isOnce
}

const timeWithin = (fromMs: number, toMs: number): Sql[] => [
  sql`time >= make_timestamp_ms(${BigInt(fromMs)})::timestamp_ms`,
  sql`time < make_timestamp_ms(${BigInt(toMs)})::timestamp_ms`,
]

/** Points with the place of their key as `n`, FROM-able. */
function oneByOne(keys: readonly SeriesKey[], rows: (...of: Sql[]) => Sql): Sql {
  const each = keys.map(({ series, type }, n) => {
    const place = verbatim(`${n}::integer as n`)
    return sql`select *, ${place} from ${rows(sql`series = ${series}`, sql`"type" = ${type}`)}`
  })
  return sql`(${join(each, ' union all ')})`
}

/** The same of many. */
function together(keys: readonly SeriesKey[], rows: (...of: Sql[]) => Sql): Sql {
  return sql`(select p.*, w.n from ${rows(seriesAmong(keys))} p
    join ${table(keys)} w on p.series = w.wanted and p."type" = w.wanted_type)`
}

function seriesAmong(keys: readonly SeriesKey[]): Sql {
  const names = [...new Set(keys.map(({ series }) => series))]
  if (names.length <= namedMax) {
    const list = join(
      names.map((name) => sql`${name}`),
      ', ',
    )
    return sql`series in (${list})`
  }
  return sql`series in (select unnest(from_json(${JSON.stringify(names)}, '["VARCHAR"]')))`
}

/** The keys as rows: series, type and n, their place. */
function table(keys: readonly SeriesKey[]): Sql {
  const names = JSON.stringify(keys.map(({ series }) => series))
  const types = JSON.stringify(keys.map(({ type }) => type))
  return sql`(select unnest(from_json(${names}, '["VARCHAR"]')) as wanted, unnest(from_json(${types}, '["VARCHAR"]')) as wanted_type,
    unnest(range(${verbatim(String(keys.length))}))::integer as n)`
}

/** Key and step of a row as one number: key times steps and step. */
const placeOf = ({ startMs, stepMs, steps }: WantedSteps): Sql =>
  verbatim(`(n * ${steps} + (epoch_ms(time) - ${startMs}) // ${stepMs})::integer`)

type Sum = keyof typeof rolledColumns
const everySum: readonly Sum[] = ['sum', 'count', 'min', 'max', 'last', 'points']

/** The columns of `rolledColumns` without which a figure cannot be told: few questions take all. */
function neededSums({ keys, figures, isFinest }: WantedSteps): ReadonlySet<Sum> {
  const types = new Set(keys.map(({ type }) => type))
  return new Set(
    figures.flatMap((figure): readonly Sum[] => {
      if (typeof figure === 'object') return everySum
      if (figure === 'mean') return ['sum', 'count']
      if (figure === 'rate')
        return types.size === 1 && types.has('counter') ? ['sum'] : ['sum', 'count']
      if (figure !== 'value') return [figure]
      return [...types].flatMap((type): readonly Sum[] => {
        if (type === 'set') return ['count']
        if (type === 'counter' || type === 'timer') return ['sum']
        return isFinest ? ['last'] : everySum
      })
    }),
  )
}

function neededColumns(needed: ReadonlySet<Sum>, isTimed: boolean, isExact: boolean): string {
  // A gauge's sums are of its last value, where nothing else is known.
  const columns = everySum.filter((name) => needed.has(name) || name === 'last')
  const quoted = columns.map((name) => `"${name}"`)
  if (isTimed)
    quoted.push('sketch_count', 'sketch_bucket', ...(needed.has('count') ? [] : ['"count"']))
  if (isExact) quoted.push('exact')
  return quoted.join(', ')
}

/** Figures of Etsy's that points are asked for by key. */
function exactKeys(figures: readonly Figure[]): string[] {
  const keys = figures.flatMap((figure) =>
    typeof figure === 'object' && 'exact' in figure ? [figure.exact] : [],
  )
  return keys.length === 0 ? [] : [...new Set([...keys, 'sum_squares'])]
}

const isSketched = (figure: Figure): boolean =>
  typeof figure === 'object' && ('quantile' in figure || needsSketch(figure.exact))

const plain = `is_raw and "type" in ('gauge', 'value')`

/** What a point is at the finest step: of a gauge what was set, or its last value. */
const fineColumns: Readonly<Record<Sum, string>> = {
  sum: `case when ${plain} then coalesce("sum", "last") else "sum" end`,
  count: `case when ${plain} then coalesce("count", case when "last" is null then null else 1 end) else "count" end`,
  min: `coalesce("min", case when is_raw then "last" end)`,
  max: `coalesce("max", case when is_raw then "last" end)`,
  last: `"last"`,
  points: `points`,
}

/** What a step's points are together, in the order in which `visitRows` takes them. */
function sums(
  { isFinest }: WantedSteps,
  needed: ReadonlySet<Sum>,
  isTimed: boolean,
  exact: readonly string[],
): Sql {
  const own: Readonly<Record<Sum, string>> = isFinest
    ? { ...rolledColumns, sum: `sum(${fineColumns.sum})`, count: `sum(${fineColumns.count})` }
    : rolledColumns
  const columns = everySum
    .filter((name) => needed.has(name))
    .map((name) => verbatim(`(${own[name]})::double`))
  if (isTimed) {
    columns.push(verbatim('sum(coalesce(list_sum(sketch_count), "count"))'))
    columns.push(verbatim('count(*) = 1 and bool_and(is_raw)'))
  }
  columns.push(...exact.map((key) => sql`sum(exact[${key}])`))
  return join(columns, ', ')
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
  const step: Step = {
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
  }
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
