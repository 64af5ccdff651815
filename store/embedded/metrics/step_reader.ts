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

/** So many series are named in the condition, so that the files are read in part. */
const namedMax = 256

/** Calls `visit` for every step that has points. */
export async function readSteps(
  store: PointStore,
  connection: DuckDBConnection,
  wanted: WantedSteps,
  deadline: AbortSignal,
  visit: Visit,
): Promise<void> {
  const { keys, startMs, stepMs, steps, figures } = wanted
  const endMs = startMs + steps * stepMs
  const segments = [...store.manifest.segments.values()].filter(
    ({ minMs, maxMs }) => minMs < endMs && maxMs >= startMs,
  )
  if (segments.length === 0 || keys.length === 0) return
  const release = store.hold(segments)
  try {
    const isTimed = keys.some(({ type }) => type === 'timer')
    const exact = isTimed ? exactKeys(figures) : []
    const conditions = [...timeWithin(startMs, endMs), seriesAmong(keys)]
    const needed = neededSums(wanted)
    const columns = verbatim(neededColumns(needed, isTimed, exact.length > 0))
    const rows = rowsOf(segments, store.pathOf, conditions, columns)
    const joined = sql`${rows} p join ${table(keys)} w on p.series = w.wanted and p."type" = w.wanted_type`
    const select = sql`select w.n as n, ${slotOf(wanted)} as slot, ${sums(wanted, needed, isTimed, exact)}
      from ${joined} group by all`
    // Steps that take a sketch, and wait for it.
    const waiting = new Map<number, Step>()
    const isAlways = figures.some((figure) => typeof figure === 'object' && 'quantile' in figure)
    const isNeeded = isTimed && figures.some(isSketched)
    await eachChunk(connection, select, deadline, (chunk) => {
      visitRows(chunk, exact, isTimed, (n, slot, step) => {
        if (isNeeded && keys[n]!.type === 'timer' && (isAlways || !step.isSingle)) {
          waiting.set(n * steps + slot, { ...step })
        } else visit(n, slot, step)
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

const timeWithin = (fromMs: number, toMs: number): Sql[] => [
  sql`time >= make_timestamp_ms(${BigInt(fromMs)})::timestamp_ms`,
  sql`time < make_timestamp_ms(${BigInt(toMs)})::timestamp_ms`,
]

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

const slotOf = ({ startMs, stepMs }: WantedSteps): Sql =>
  verbatim(`((epoch_ms(time) - ${startMs}) // ${stepMs})::integer`)

type Sum = keyof typeof rolledColumns
const everySum: readonly Sum[] = ['sum', 'count', 'min', 'max', 'last', 'points']

/** The columns of `rolledColumns` without which a figure cannot be told: few questions take all. */
function neededSums({ keys, figures, isFinest }: WantedSteps): ReadonlySet<Sum> {
  const isPlain = (type: string) => type === 'gauge' || type === 'value'
  return new Set(
    figures.flatMap((figure): readonly Sum[] => {
      if (typeof figure === 'object') return everySum
      if (figure === 'rate' || figure === 'mean') return ['sum', 'count']
      if (figure !== 'value') return [figure]
      const plain = !keys.some(({ type }) => isPlain(type)) ? [] : isFinest ? ['last'] : everySum
      const sums = keys.some(({ type }) => !isPlain(type)) ? ['sum', 'count'] : []
      return [...plain, ...sums] as Sum[]
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

/** What a step's points are together, in the order in which `visitRows` takes them. */
function sums(
  { isFinest }: WantedSteps,
  needed: ReadonlySet<Sum>,
  isTimed: boolean,
  exact: readonly string[],
): Sql {
  const plain = `is_raw and "type" in ('gauge', 'value')`
  const own = isFinest
    ? {
        ...rolledColumns,
        sum: `sum(case when ${plain} then coalesce("sum", "last") else "sum" end)`,
        count: `sum(case when ${plain} then coalesce("count", case when "last" is null then null else 1 end) else "count" end)`,
        points: 'count(*)',
      }
    : rolledColumns
  const timed = isTimed
    ? ', sum(coalesce(list_sum(sketch_count), "count")), count(*) = 1 and bool_and(is_raw)'
    : ''
  const known = everySum.map((name) =>
    needed.has(name) ? `(${own[name]})::double` : 'null::double',
  )
  const columns = verbatim(`${known.join(', ')}${timed}`)
  if (exact.length === 0) return columns
  const keyed = exact.map((key) => sql`sum(exact[${key}])`)
  return sql`${columns}, ${join(keyed, ', ')}`
}

const firstExact = 10

function visitRows(
  chunk: DuckDBDataChunk,
  exact: readonly string[],
  isTimed: boolean,
  visit: Visit,
): void {
  const columns = Array.from({ length: chunk.columnCount }, (_, at) => chunk.getColumnVector(at))
  const number = (column: number, row: number) => (columns[column]!.getItem(row) as number) ?? NaN
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
    const n = number(0, row)
    const slot = number(1, row)
    step.sum = number(2, row)
    step.count = number(3, row)
    step.min = number(4, row)
    step.max = number(5, row)
    step.last = number(6, row)
    step.points = number(7, row)
    if (isTimed) {
      step.samples = number(8, row)
      step.isSingle = columns[9]!.getItem(row) === true
      if (exact.length > 0) {
        const values = exact.map((key, place) => [key, number(firstExact + place, row)] as const)
        step.exact = Object.fromEntries(
          values.filter(([key, value]) => value === value && (step.isSingle || addsUp(key))),
        )
      }
    }
    visit(n, slot, step)
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
      select w.n::bigint * ${verbatim(String(wanted.steps))} + ${slotOf(wanted)} as place,
        unnest(sketch_bucket) as bucket, unnest(sketch_count) as n
      from ${joined} where sketch_bucket is not null
    ) group by all order by place, bucket`
  let [place, buckets, counts, total] = [-1, [] as number[], [] as number[], 0]
  const finish = () => {
    if (place >= 0) visit(place, { buckets, counts, total })
    ;[buckets, counts, total] = [[], [], 0]
  }
  await eachChunk(connection, select, deadline, (chunk) => {
    const [places, numbers, sums] = [0, 1, 2].map((column) => chunk.getColumnVector(column))
    for (let row = 0; row < chunk.rowCount; row++) {
      const at = Number(places!.getItem(row))
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
  visit: (chunk: DuckDBDataChunk) => void,
): Promise<void> {
  deadline.throwIfAborted()
  const interrupt = () => connection.interrupt()
  deadline.addEventListener('abort', interrupt)
  try {
    const result = await connection.stream(text, [...values], typesOf(values))
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
