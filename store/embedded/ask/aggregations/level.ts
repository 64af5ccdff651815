import { SearchError } from '../../../search.ts'
import type { Answered, AnsweredStruct } from '../../database.ts'
import { identifier, sql, verbatim, type Sql } from '../../sql.ts'
import type {
  Aggregation,
  Bucket,
  MetricOrder,
  MetricPlan,
  Planning,
  SingleAnswer,
} from './aggregation.ts'

/** What is computed for each bucket of a level, and what lies deeper. */
export interface Level {
  /** SQL aggregates, to be named `m0`, `m1` and so on. */
  readonly columns: readonly Sql[]
  /** Puts the metrics and single buckets of a row into its bucket; without one, of no rows. */
  attach(bucket: Bucket, row: AnsweredStruct | undefined): void
  readonly order: MetricOrder
  /** Levels of buckets inside, also those that are inside single buckets. */
  readonly deeper: readonly Deeper[]
  readonly hits: readonly Deeper[]
}
export interface Deeper {
  readonly aggregation: Aggregation
  /** Of the single buckets on the way. */
  readonly conditions: readonly Sql[]
  /** From a bucket of the level to where the answer belongs. */
  inside(bucket: Bucket): Bucket
}

interface Planned {
  readonly metrics: Map<string, { readonly plan: MetricPlan; readonly first: number }>
  readonly singles: Map<
    string,
    { readonly count: number; readonly inner: Planned; readonly typed: string }
  >
}

/** Single buckets (`filter`, `missing`) cost no level: their conditions go into the columns. */
export function planLevel(aggregations: readonly Aggregation[], planning: Planning): Level {
  const columns: Sql[] = []
  const deeper: Deeper[] = []
  const hits: Deeper[] = []

  const plan = (
    inner: readonly Aggregation[],
    conditions: readonly Sql[],
    inside: (bucket: Bucket) => Bucket,
  ): Planned => {
    const planned: Planned = { metrics: new Map(), singles: new Map() }
    const filter = filterOf(conditions)
    for (const aggregation of inner) {
      const { name, kind } = aggregation
      if (kind.family === 'metric') {
        const metric = kind.plan(planning)
        planned.metrics.set(name, { plan: metric, first: columns.length })
        columns.push(...metric.columns.map((column) => column(filter)))
      } else if (kind.family === 'single') {
        const condition = kind.condition(planning.asked)
        const narrowed = condition ? [...conditions, condition] : conditions
        const count = columns.push(sql`count(*)${filterOf(narrowed)}`) - 1
        const within = (bucket: Bucket) => (inside(bucket).answers.get(name) as SingleAnswer).bucket
        const deep = plan(aggregation.children, narrowed, within)
        planned.singles.set(name, { count, inner: deep, typed: aggregation.type })
      } else if (kind.family === 'buckets') deeper.push({ aggregation, conditions, inside })
      else if (kind.family === 'hits') hits.push({ aggregation, conditions, inside })
    }
    return planned
  }
  const planned = plan(aggregations, [], (bucket) => bucket)
  return {
    columns,
    deeper,
    hits,
    attach: (bucket, row) => attach(planned, bucket, row),
    order: (path) => orderBy(planned, path),
  }
}

const filterOf = (conditions: readonly Sql[]): Sql => {
  if (conditions.length === 0) return verbatim('')
  const [first, ...rest] = conditions
  return sql` filter (where ${rest.reduce((left, right) => sql`${left} and ${right}`, first!)})`
}

function attach(planned: Planned, bucket: Bucket, row: AnsweredStruct | undefined) {
  const value = (at: number): Answered => row?.[`m${at}`] ?? null
  for (const [name, { plan, first }] of planned.metrics) {
    const values = plan.columns.map((_, at) => value(first + at))
    bucket.answers.set(name, plan.answer(values, bucket))
  }
  for (const [name, { count, inner, typed }] of planned.singles) {
    const single: Bucket = {
      name,
      head: {},
      count: Number(value(count)),
      key: undefined,
      parent: bucket,
      answers: new Map(),
    }
    attach(inner, single, row)
    bucket.answers.set(name, { family: 'single', typed, bucket: single })
  }
}

function orderBy(planned: Planned, path: string): Sql {
  const steps = path.split('>')
  const last = steps.pop()!
  let at = planned
  for (const step of steps) {
    const single = at.singles.get(step)
    if (!single) throw badOrder(path, step)
    at = single.inner
  }
  const single = at.singles.get(last.replace(/\._count$/, ''))
  if (single) return identifier(`m${single.count}`)
  const [name, property] = nameAndProperty(last, at.metrics)
  const metric = at.metrics.get(name)
  if (!metric) throw badOrder(path, name)
  const names = metric.plan.columns.map((_, column) => identifier(`m${metric.first + column}`))
  const order = metric.plan.order(property, names)
  if (!order) {
    const reason =
      `Invalid aggregation order path [${path}]. The provided aggregation [${name}] ` +
      `has no single value to sort the buckets by${property === undefined ? '' : ` called [${property}]`}.`
    throw new SearchError(400, 'aggregation_execution_exception', reason)
  }
  return order
}

/** `stats.avg`, `p[99]`, `p.99.9`: a name may have dots of its own. */
function nameAndProperty(
  text: string,
  known: ReadonlyMap<string, unknown>,
): readonly [string, string | undefined] {
  if (known.has(text)) return [text, undefined]
  const bracket = /^(.*)\[(.*)\]$/.exec(text)
  if (bracket) return [bracket[1]!, bracket[2]!.replaceAll(/^['"]|['"]$/g, '')]
  for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', dot + 1)) {
    if (known.has(text.slice(0, dot))) return [text.slice(0, dot), text.slice(dot + 1)]
  }
  return [text, undefined]
}

function badOrder(path: string, name: string): SearchError {
  const reason =
    `Invalid aggregation order path [${path}]. The provided aggregation [${name}] either does not exist, ` +
    'or is a pipeline aggregation and cannot be used to sort the buckets.'
  return new SearchError(400, 'aggregation_execution_exception', reason)
}
