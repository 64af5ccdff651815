import { parseExact } from '../../../core/exact_json.ts'
import type { JsonRecord, JsonValue } from '../../search.ts'
import type { Query } from '../../query/query.ts'
import { all, join, sql, verbatim, type Sql } from '../sql.ts'
import type { AnsweredStruct } from '../database.ts'
import { documentRows } from '../read_once.ts'
import type { Asked } from './asked.ts'
import { brief, flag, illegal, texts, wholeNumber } from './body_options.ts'
import { fieldValues, wantedFields } from './hit_fields.ts'
import { highlighterOf } from './highlight.ts'
import { rowId } from './metadata_fields.ts'
import { behind, byPlace, columnsOf, namesOf, orderOf, sortOf, type SortKey } from './sort.ts'
import { sourceFilterOf } from './source_filter.ts'
import { firstByTime } from './first_by_time.ts'
import type { ByTime } from './time_spans.ts'

/** What `track_total_hits` counts to unless it says otherwise. */
const defaultTracked = 10_000

export interface FoundHits {
  /** Undefined when nobody wanted to know. */
  readonly total: { readonly value: number; readonly relation: 'eq' | 'gte' } | undefined
  readonly maxScore: number | null
  readonly hits: readonly JsonRecord[]
}

export interface HitsOptions {
  /** How many `asked` finds, where that is known. */
  readonly documents?: number | undefined
  /** Undefined where the rows are not all those of the files. */
  readonly byTime?: ByTime | undefined
  /** For `highlight`. */
  readonly query: Query
}

/**
 * The documents that a search body wants of those that `asked` finds: `sort`, `from`, `size`, `search_after`,
 * `_source`, `fields`, `docvalue_fields`, `stored_fields`, `highlight`, `track_total_hits`, `version`,
 * `seq_no_primary_term`. First the rows' places, then the sources of those that are answered.
 *
 * @throws SearchError
 */
export async function hitsOf(
  asked: Asked,
  body: JsonRecord,
  options: HitsOptions,
): Promise<FoundHits> {
  const from = wholeNumber(body.from, 'from') ?? 0
  const size = wholeNumber(body.size, 'size') ?? 10
  checkWindow(from + size, asked.limits.maxResultWindow)
  const sort = sortOf(body.sort, asked)
  const tracked = trackedOf(body.track_total_hits)
  const after = afterOf(body, sort, from)
  const show = showing(asked, body, options.query, sort)
  const keys = [...sort, byPlace(false)]
  const wanted = size === 0 ? 0 : from + size
  const { rows, total } = await placesOf({
    asked,
    keys,
    wanted,
    tracked,
    after,
    byTime: options.byTime,
    documents: options.documents,
  })
  const sources = await sourcesOf(asked, rows.slice(from))
  const scored =
    sort.length === 0 || sort.some(({ isScore }) => isScore) || body.track_scores === true
  return {
    total,
    maxScore: scored && rows.length > 0 ? 1 : null,
    hits: sources.map(([row, source]) => show(row, source, scored)),
  }
}

function checkWindow(wanted: number, most: number) {
  if (wanted <= most) return
  throw illegal(
    `Result window is too large, from + size must be less than or equal to: [${most}] but was [${wanted}]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting (store.limits.max_result_window).`,
  )
}

/** How far to count; undefined: not at all. Of 0 the answer is whether there are any. */
function trackedOf(given: JsonValue | undefined): number | undefined {
  if (typeof given === 'number' || (typeof given === 'string' && /^-?\d+$/.test(given))) {
    const most = wholeNumber(given, 'track_total_hits', -1)
    return most === -1 ? undefined : most
  }
  const wanted = flag(given, 'track_total_hits')
  return wanted === undefined ? defaultTracked : wanted ? Infinity : undefined
}

function afterOf(body: JsonRecord, sort: readonly SortKey[], from: number): Sql | undefined {
  const { search_after: given } = body
  if (given === undefined || given === null) return undefined
  if (!Array.isArray(given))
    throw illegal(`[search_after] must be a list, but is [${brief(given)}]`)
  if (sort.length === 0) throw illegal('Sort must contain at least one field.')
  if (from > 0) throw illegal('`from` parameter must be set to 0 when `search_after` is used.')
  return behind(sort, given)
}

interface Search {
  readonly asked: Asked
  readonly keys: readonly SortKey[]
  readonly wanted: number
  readonly tracked: number | undefined
  readonly after: Sql | undefined
  readonly byTime: ByTime | undefined
  readonly documents: number | undefined
}

type Places = { readonly rows: readonly AnsweredStruct[]; readonly total: FoundHits['total'] }

/** Rows that come back when a question has few enough, so that counting and sorting take one scan. */
const oneScanRows = 10_000

async function placesOf(search: Search): Promise<Places> {
  const { asked, wanted, tracked, after, documents } = search
  if (tracked === undefined)
    return { rows: wanted === 0 ? [] : await best(search), total: undefined }
  if (wanted === 0 && documents !== undefined)
    return { rows: [], total: totalOf(documents, tracked) }
  if (wanted === 0) return { rows: [], total: await counted(asked, tracked) }
  if (after) return { rows: await best(search), total: await counted(asked, tracked) }
  const { rows, count } = await few(search)
  if (count <= oneScanRows) return { rows, total: totalOf(count, tracked) }
  const total =
    tracked <= oneScanRows ? totalOf(tracked + 1, tracked) : await counted(asked, tracked)
  return { rows: await best(search), total }
}

const totalOf = (count: number, tracked: number): FoundHits['total'] =>
  count > tracked ? { value: tracked, relation: 'gte' } : { value: count, relation: 'eq' }

async function counted({ from, where, weight, database, deadline }: Asked, tracked: number) {
  if (weight) {
    const sum = sql`select coalesce(sum(${weight}), 0)::bigint as n from ${from} where ${where}`
    const [all] = await database.rows(sum, deadline)
    return totalOf(Number(all!.n), tracked)
  }
  const limit = tracked === Infinity ? verbatim('') : verbatim(`limit ${tracked + 1}`)
  const question = sql`select count(*) as n from (select 1 from ${from} where ${where} ${limit})`
  const [row] = await database.rows(question, deadline)
  return totalOf(Number(row!.n), tracked)
}

/** All that there are, counted and sorted, unless they are too many: then the scan ends early. */
async function few({ asked, keys, wanted }: Search) {
  const { from, where, database, deadline } = asked
  const found = sql`select ${placeColumns(asked, keys)} from ${from} where ${where} limit ${verbatim(String(oneScanRows + 1))}`
  const rows = await database.rows(
    sql`with found as materialized (${found}) select *, (select count(*) from found) as _n from found order by ${join(orderOf(keys), ', ')} limit ${verbatim(String(wanted))}`,
    deadline,
  )
  return { rows, count: Number(rows[0]?._n ?? 0) }
}

const placeColumns = ({ sources }: Asked, keys: readonly SortKey[]): Sql =>
  join(
    [
      ...(sources ? [verbatim('filename as _file, file_row_number as _row')] : []),
      verbatim('_stream, _journal, _ordinal, _seq, epoch_us("@timestamp") as _us'),
      sql`${rowId} as _hit`,
      ...columnsOf(keys),
    ],
    ', ',
  )

async function best(search: Search): Promise<readonly AnsweredStruct[]> {
  const { asked, keys, wanted, byTime } = search
  const [first] = keys
  if (!byTime || !first?.byTime || first.nullsFirst)
    return top(search, asked.from, verbatim('true'), wanted)
  return firstByTime(byTime, first.descending, wanted, (part, where, most) =>
    top(search, documentRows(part), where, most),
  )
}

function top({ asked, keys, after }: Search, from: Sql, part: Sql, most: number) {
  const { where, database, deadline } = asked
  const found = all([part, where, ...(after ? [after] : [])])
  return database.rows(
    sql`select ${placeColumns(asked, keys)} from ${from} where ${found} order by ${join(orderOf(keys), ', ')} limit ${verbatim(String(most))}`,
    deadline,
  )
}

/** Rows with their sources, parsed. */
async function sourcesOf(asked: Asked, rows: readonly AnsweredStruct[]) {
  const places = rows.map(({ _file, _row }) => ({ file: String(_file), row: Number(_row) }))
  const read = await asked.sources?.read(places, asked.deadline)
  const sources = read ?? (await databaseSources(asked, rows))
  return rows.map((row, at) => [row, parseExact(sources[at]!) as JsonRecord] as const)
}

/** Of rows by their times and ids; the times say which parts of the files need not be read. */
async function databaseSources(
  { from, database, deadline }: Asked,
  rows: readonly AnsweredStruct[],
): Promise<readonly string[]> {
  if (rows.length === 0) return []
  const times = new Set(rows.map(({ _us }) => _us))
  const instants = [...times].flatMap((us) =>
    us === null ? [] : [verbatim(`make_timestamp((${String(us)})::bigint)`)],
  )
  const timed = [
    ...(instants.length > 0 ? [sql`"@timestamp" in (${join(instants, ', ')})`] : []),
    ...(times.has(null) ? [verbatim('"@timestamp" is null')] : []),
  ]
  const journals = [...new Set(rows.map(({ _journal }) => String(_journal)))].map(
    (each) => sql`${each}`,
  )
  const ordinals = [...new Set(rows.map(({ _ordinal }) => Number(_ordinal)))].map((each) =>
    verbatim(String(each)),
  )
  const found = await database.rows(
    sql`select _journal, _ordinal, _source from ${from} where (${join(timed, ' or ')}) and _journal in (${join(journals, ', ')}) and _ordinal in (${join(ordinals, ', ')})`,
    deadline,
  )
  const sources = new Map(found.map((row) => [placeOf(row), String(row._source)]))
  return rows.map((row) => {
    const source = sources.get(placeOf(row))
    // A row that was found is there: what is asked does not change meanwhile.
    if (source === undefined) throw new Error(`no source of ${placeOf(row)}`)
    return source
  })
}

const placeOf = ({ _journal, _ordinal }: AnsweredStruct) =>
  `${String(_journal)}-${String(_ordinal)}`

type Show = (row: AnsweredStruct, source: JsonRecord, scored: boolean) => JsonRecord

function showing(asked: Asked, body: JsonRecord, query: Query, sort: readonly SortKey[]): Show {
  const stored =
    body.stored_fields === undefined ? undefined : texts(body.stored_fields, 'stored_fields')
  const bare = stored?.includes('_none_') === true
  if (bare && stored!.length > 1) throw illegal('cannot combine _none_ with other fields')
  const isSourceWanted =
    body._source !== undefined || stored === undefined || stored.includes('_source')
  const filter = bare || !isSourceWanted ? undefined : sourceFilterOf(body._source)
  const wanted = wantedFields(body.fields, 'fields')
  const docValues = wantedFields(body.docvalue_fields, 'docvalue_fields')
  const fields = fieldValues(wanted, asked, false)
  const columns = fieldValues(docValues, asked, true)
  const highlight = highlighterOf(body.highlight, query, asked)
  const version = flag(body.version, 'version') ?? false
  if (bare && version) {
    throw illegal('[stored_fields] cannot be disabled if [version] is requested')
  }
  const sequence = flag(body.seq_no_primary_term, 'seq_no_primary_term') ?? false
  const names = namesOf(sort)
  return (row, source, scored) => {
    const hit: JsonRecord = { _index: String(row._stream) }
    if (!bare) hit._id = String(row._hit)
    // Weir's own events are never changed; of a client's document: by which change it came (api/hit_versions.ts).
    if (version) hit._version = row._seq === null ? 1 : -Number(row._seq)
    if (sequence) Object.assign(hit, { _seq_no: Number(row._seq ?? 0), _primary_term: 1 })
    hit._score = scored ? 1 : null
    if (filter) hit._source = filter(source)
    const values = { ...columns(source), ...fields(source) }
    if (Object.keys(values).length > 0) hit.fields = values
    const marked = highlight?.(source)
    if (marked) hit.highlight = marked
    if (sort.length > 0) {
      hit.sort = sort.map((key, place) => key.shown(names[place]!.map((name) => row[name] ?? null)))
    }
    return hit
  }
}
