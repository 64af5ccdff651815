import { SearchError, type JsonRecord } from '../../../search.ts'
import type { Answered, AnsweredStruct } from '../../database.ts'
import { all, identifier, join, sql, verbatim, type Sql } from '../../sql.ts'
import type { Asked } from '../asked.ts'
import type { Aggregation, Bucket, BucketsPlan, Frame, Planning } from './aggregation.ts'
import { answerOf } from './answer.ts'
import { checkBuckets } from './limits.ts'
import { planLevel, type Level } from './level.ts'
import { runPipelines } from './run_pipelines.ts'
import { groupsOf, keptOf } from './tuples.ts'

/** The `hits` of the documents that `asked` finds, as the body (`sort`, `size`, `_source` …) wants them. */
export type HitsOf = (asked: Asked, body: JsonRecord) => Promise<JsonRecord>

export interface AggregateOptions {
  /** Puts the type before each name: `sterms#by_level`. */
  readonly typedKeys?: boolean
  /** For `top_hits`. */
  readonly hits?: HitsOf
  /** Called with how many documents `asked` finds, where buckets tell that by the way. */
  readonly onCounted?: (documents: number) => void
}

/**
 * The `aggregations` of a search's answer.
 *
 * Every level of buckets is one GROUP BY over the rows, with the metrics of its buckets as columns; rows are
 * never looked at one by one in JavaScript.
 *
 * @throws SearchError
 */
export async function aggregate(
  aggregations: readonly Aggregation[],
  asked: Asked,
  options: AggregateOptions = {},
): Promise<JsonRecord> {
  const root: Bucket = newBucket('', {}, 0, undefined, undefined)
  const global = aggregations.filter(({ type }) => type === 'global')
  const found = aggregations.filter(({ type }) => type !== 'global')
  const counted = { buckets: 0 }
  for (const [part, where] of [
    [found, asked.where],
    [global, verbatim('true')],
  ] as const) {
    if (part.length === 0) continue
    const narrowed = { ...asked, where }
    const rows = sql`select * from ${asked.from} where ${where}`
    const { onCounted: _, ...ofAll } = options
    await new Run(narrowed, part === global ? ofAll : options, counted).start(part, root, rows)
  }
  runPipelines(aggregations, root)
  return answerOf(aggregations, root, options.typedKeys ?? false)
}

class Run {
  readonly #asked: Asked
  readonly #options: AggregateOptions
  readonly #counted: { buckets: number }
  #rows: number | undefined
  /** What the question finds, as it stands in the outermost frame. */
  #found: Sql | undefined

  constructor(asked: Asked, options: AggregateOptions, counted: { buckets: number }) {
    this.#asked = asked
    this.#options = options
    this.#counted = counted
  }

  async start(aggregations: readonly Aggregation[], root: Bucket, rows: Sql) {
    this.#found = rows
    if (needRows(aggregations)) {
      const [row] = await this.#ask(sql`select count(*)::BIGINT as "_count" from (${rows})`)
      this.#rows = Number(row!._count)
    }
    const level = planLevel(aggregations, this.#planning([], { rows, types: [] }))
    let row: AnsweredStruct | undefined
    if (level.columns.length > 0) {
      ;[row] = await this.#ask(sql`select ${join(named(level.columns), ', ')} from (${rows})`)
    }
    level.attach(root, row)
    await this.#descend(level, [root], { rows, types: [] }, false, [])
  }

  #planning = (around: readonly Aggregation[], frame: Frame): Planning => ({
    asked: this.#asked,
    rows: this.#rows,
    around,
    frame,
  })

  get #most(): number {
    return this.#asked.limits.maxBuckets
  }

  #ask = (query: Sql) => this.#asked.database.rows(query, this.#asked.deadline)

  /** @param narrowed whether `frame` has rows of buckets that are not among `parents` */
  async #descend(
    level: Level,
    parents: readonly Bucket[],
    frame: Frame,
    narrowed: boolean,
    around: readonly Aggregation[],
  ) {
    for (const { aggregation, conditions, inside } of level.deeper) {
      const kept = narrowed ? keptOf(frame, parents) : frame.rows
      const rows =
        conditions.length === 0 ? kept : sql`select * from (${kept}) where ${all(conditions)}`
      const inner = parents.map((parent) => inside(parent))
      await this.#buckets(aggregation, inner, { rows, types: frame.types }, around)
    }
    for (const { aggregation, conditions, inside } of level.hits) {
      for (const parent of parents) {
        await this.#hits(aggregation, inside(parent), frame, conditions)
      }
    }
  }

  async #buckets(
    aggregation: Aggregation,
    parents: readonly Bucket[],
    frame: Frame,
    around: readonly Aggregation[],
  ) {
    const { kind, children } = aggregation
    if (kind.family !== 'buckets') throw new Error('no buckets')
    const within = [...around, aggregation]
    const plan = await kind.plan(this.#planning(around, frame))
    const level = planLevel(children, this.#planning(within, frame))
    const depth = frame.types.length
    const key = identifier(`_k${depth}`)
    const { expression, many, type } = plan.key
    const value = many ? sql`unnest(${expression})` : expression
    const rows = sql`select *, ${value} as ${key} from (${plan.joined ?? frame.rows})`
    const answered = parents.length === 0 ? [] : await this.#groups(plan, level, rows, frame)
    checkBuckets(answered.length, this.#most)
    const always = plan.always ? await this.#always(plan.always) : []
    const groups = groupsOf(answered, depth, always)
    const made: Bucket[] = []
    let isNarrowed = plan.having !== undefined
    for (const parent of parents) {
      const its = groups(parent)
      const { buckets, ...rest } = plan.buckets(its, parent)
      this.#counted.buckets += buckets.length
      checkBuckets(this.#counted.buckets, this.#most)
      let mine = buckets.map(({ name, head, group }) => {
        const bucket = newBucket(name, head, group.count, group.key, parent)
        level.attach(bucket, group.row)
        return bucket
      })
      if (rest.order) mine = mine.toSorted(rest.order)
      const others = rest.limit === undefined ? undefined : sumOf(mine.slice(rest.limit))
      mine = mine.slice(0, rest.limit)
      isNarrowed ||= mine.length < its.length || (its[0]?.total ?? 0) > sumOf(mine)
      made.push(...mine)
      const { typed, keyed } = rest
      const beside: JsonRecord = { ...rest.beside }
      if (others !== undefined) beside.sum_other_doc_count = others
      parent.answers.set(aggregation.name, {
        family: 'buckets',
        typed,
        buckets: mine,
        keyed,
        beside,
      })
    }
    const filled = made.filter(({ count }) => count > 0)
    const parentsFewer = plan.best !== undefined
    const next = { rows, types: [...frame.types, type] }
    await this.#descend(
      level,
      made,
      next,
      (isNarrowed || parentsFewer) && filled.length > 0,
      within,
    )
  }

  /** The groups of every parent: rows with `_k0` … `_k<depth>`, `_count`, `_total` and the metrics. */
  async #groups(plan: BucketsPlan, level: Level, rows: Sql, frame: Frame) {
    const depth = frame.types.length
    const keys = Array.from({ length: depth + 1 }, (_, at) => identifier(`_k${at}`))
    const key = keys.at(-1)!
    const having = plan.having ? sql` and ${plan.having(key)}` : sql``
    const { weight } = this.#asked
    const count = weight ? sql`sum(${weight})` : sql`count(*)`
    const columns = join(
      [...keys, sql`${count}::BIGINT as "_count"`, ...named(level.columns)],
      ', ',
    )
    const groups = sql`select ${columns} from (${rows}) where ${key} is not null${having} group by all`
    // With the group that has no key, all groups together are all rows, which so need not be counted by themselves.
    const isOfAll = depth === 0 && frame.rows === this.#found && !plan.having && !plan.key.many
    const isCounted = isOfAll && this.#options.onCounted !== undefined
    const all = isCounted ? sql`select ${columns} from (${rows}) group by all` : groups
    const bound = verbatim(String(this.#most + 1))
    if (!plan.best) {
      const more = verbatim(String(this.#most + (isCounted ? 2 : 1)))
      const answered = await this.#ask(sql`select *, 0 as "_total" from (${all}) limit ${more}`)
      if (isCounted)
        this.#options.onCounted!(answered.reduce((sum, { _count }) => sum + Number(_count), 0))
      return answered.filter((row) => row[`_k${depth}`] !== null)
    }
    const { limit, minDocCount, shardSize, order } = plan.best
    const enough = sql`"_count" >= ${verbatim(String(minDocCount))}`
    const orders = join(order(key, level.order), ', ')
    const most = verbatim(String(limit))
    /** Whose documents count as those of others, unless they are in the answer. */
    const isOther = sql`${enough} or "_place" > ${verbatim(String(shardSize))}`
    // Without one below it nobody has to be numbered.
    const place = (within: Sql) =>
      minDocCount > 1 ? sql`row_number() over (${within} order by ${orders})` : sql`0`
    if (depth === 0) {
      const answered = await this.#ask(sql`with g as materialized (${all}),
          keyed as (select *, ${place(sql``)} as "_place" from g where ${key} is not null)
        select *, (select sum("_count")::BIGINT from keyed where ${isOther}) as "_total", (select sum("_count")::BIGINT from g) as "_all"
        from keyed where ${enough} order by ${orders} limit ${most}`)
      const [first] = answered
      if (isCounted && first) this.#options.onCounted!(Number(first._all))
      return answered
    }
    const parents = join(keys.slice(0, -1), ', ')
    const within = sql`partition by ${parents}`
    const placed = sql`select *, ${place(within)} as "_place" from (${groups})`
    const others = sql`select * from (${placed}) where ${isOther}`
    const totals = sql`select *, sum("_count") over (${within})::BIGINT as "_total" from (${others})`
    return this.#ask(sql`select *, row_number() over (${within} order by ${orders}) as "_rank"
      from (${totals}) where ${enough} qualify "_rank" <= ${most} order by "_rank" limit ${bound}`)
  }

  async #always(expression: Sql): Promise<readonly Answered[]> {
    const bound = verbatim(String(this.#most + 1))
    const values = sql`select distinct ${expression} as "_k" from ${this.#asked.from}`
    const rows = await this.#ask(
      sql`select * from (${values}) where "_k" is not null limit ${bound}`,
    )
    return rows.map(({ _k }) => _k!)
  }

  async #hits(aggregation: Aggregation, bucket: Bucket, frame: Frame, conditions: readonly Sql[]) {
    const { hits } = this.#options
    if (aggregation.kind.family !== 'hits') throw new Error('no hits')
    if (!hits) {
      const reason = `[top_hits] is not supported here, at ${aggregation.at}`
      throw new SearchError(400, 'illegal_argument_exception', reason)
    }
    const rows = frame.types.length === 0 ? frame.rows : keptOf(frame, [bucket])
    const where = all(conditions)
    const json = await hits({ ...this.#asked, from: sql`(${rows})`, where }, aggregation.kind.body)
    const value = () => undefined
    bucket.answers.set(aggregation.name, {
      family: 'metric',
      typed: 'top_hits',
      json: { hits: json },
      value,
    })
  }
}

const named = (columns: readonly Sql[]) =>
  columns.map((column, at) => sql`${column} as ${identifier(`m${at}`)}`)

const sumOf = (buckets: readonly Bucket[]) => buckets.reduce((sum, { count }) => sum + count, 0)

export function newBucket(
  name: string,
  head: JsonRecord,
  count: number,
  key: Answered | undefined,
  parent: Bucket | undefined,
): Bucket {
  return { name, head, count, key, parent, answers: new Map() }
}

/** Whether some plan in the tree depends on how many rows there are. */
function needRows(aggregations: readonly Aggregation[]): boolean {
  return aggregations.some(
    ({ kind, children }) => (kind.family === 'metric' && kind.needsRows) || needRows(children),
  )
}

/**
 * Whether the answer depends on documents that the question's query does not find: then `from` must have all
 * rows of the indices, and not only those that the query may touch.
 */
export const looksBeyondQuery = (aggregations: readonly Aggregation[]): boolean =>
  aggregations.some(
    ({ type, kind, children }) =>
      type === 'global' ||
      (kind.family === 'buckets' && kind.looksBeyondQuery === true) ||
      looksBeyondQuery(children),
  )
