import { textOfScalar } from '../../../../core/exact_json.ts'
import { SearchError, type JsonRecord, type JsonValue } from '../../../search.ts'
import { sql, verbatim, type Sql } from '../../sql.ts'
import type { Bucket, MetricOrder } from './aggregation.ts'
import { valueAt } from './buckets_path.ts'
import type { Options } from './options.ts'

/** `_count`, `_key`, or the path of a metric. */
export interface BucketOrder {
  readonly path: string
  readonly descending: boolean
}

/** `order`: an object, or a list of them. @throws SearchError */
export function ordersOf(options: Options): readonly BucketOrder[] | undefined {
  const given = options.raw('order')
  if (given == null) return undefined
  const list: readonly JsonValue[] = Array.isArray(given) ? given : [given]
  const orders = list.map((each) => {
    const entries = Object.entries(options.inner('order', each) && (each as JsonRecord))
    const [path, direction] = entries[0] ?? []
    if (path === undefined || entries.length !== 1) {
      throw parsing(`Must specify at least one field for [order]`, options.at)
    }
    const lower = String(direction).toLowerCase()
    if (lower !== 'asc' && lower !== 'desc') {
      throw parsing(`Unknown order direction [${direction}]`, options.at)
    }
    const legacy = path === '_term' || path === '_time' ? '_key' : path
    return { path: legacy, descending: lower === 'desc' }
  })
  return orders.length === 0 ? undefined : orders
}

const parsing = (reason: string, at: string) =>
  new SearchError(400, 'parsing_exception', `${reason}, at ${at}`)

/** ORDER BY terms; equal buckets are in the order of their keys. What has no value comes last. */
export function orderSql(
  orders: readonly BucketOrder[],
  key: Sql,
  metric: MetricOrder,
): readonly Sql[] {
  const terms = orders.map(({ path, descending }) => {
    const direction = verbatim(descending ? 'desc nulls last' : 'asc nulls last')
    if (path === '_count') return sql`"_count" ${direction}`
    return sql`${path === '_key' ? key : metric(path)} ${direction}`
  })
  return orders.some(({ path }) => path === '_key') ? terms : [...terms, sql`${key} asc`]
}

/** The same for buckets that are made already. */
export function compareBuckets(orders: readonly BucketOrder[]): (a: Bucket, b: Bucket) => number {
  return (a, b) => {
    for (const { path, descending } of orders) {
      const compared = compareBy(path, a, b, descending)
      if (compared !== 0) return compared
    }
    return compareKeysOf(a, b)
  }
}

function compareBy(path: string, a: Bucket, b: Bucket, descending: boolean): number {
  const sign = descending ? -1 : 1
  if (path === '_count') return sign * (a.count - b.count)
  if (path === '_key') return sign * compareKeysOf(a, b)
  const [left, right] = [valueAt(a, path), valueAt(b, path)].map((value) =>
    value === null || Number.isNaN(value) ? undefined : value,
  )
  if (left === undefined || right === undefined) {
    return left === right ? 0 : left === undefined ? 1 : -1
  }
  return sign * (left < right ? -1 : left > right ? 1 : 0)
}

/** Keys are all numbers or all texts; texts are in the order of their UTF-8 bytes, as in SQL. */
export function compareKeysOf(a: Bucket, b: Bucket): number {
  const [left, right] = [a.head.key, b.head.key]
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof a.key === 'bigint' && typeof b.key === 'bigint') return Number(a.key - b.key)
  return Buffer.compare(Buffer.from(textOfScalar(left)), Buffer.from(textOfScalar(right)))
}
