import { textOfScalar } from '../../../../../core/exact_json.ts'
import type { JsonRecord, JsonValue } from '../../../../search.ts'
import { any, sql, verbatim, type Sql } from '../../../sql.ts'
import { addressOf } from '../../ip_values.ts'
import type { BucketsKind, BucketsPlan, Group } from '../aggregation.ts'
import { headOf, jsonKey, keyOf } from '../bucket_keys.ts'
import { compareBuckets, ordersOf, orderSql, type BucketOrder } from '../bucket_order.ts'
import type { Options } from '../options.ts'
import { sourceOf, valuesOf, type ValueKind, type Values } from '../values.ts'
import { termFilter } from './term_filter.ts'

const anything: readonly ValueKind[] = ['text', 'number', 'date', 'boolean', 'ip']
const byCount: readonly BucketOrder[] = [{ path: '_count', descending: true }]

/** What terms and multi_terms share. */
export interface TermsOptions {
  readonly size: number
  readonly minDocCount: number
  /** How many of a shard's buckets Elasticsearch looks at: what it drops of these is in no sum. */
  readonly shardSize: number
  readonly orders: readonly BucketOrder[]
  readonly showsErrors: boolean
}

export function termsOptions(options: Options): TermsOptions {
  options.ignore('shard_min_doc_count', 'collect_mode', 'execution_hint')
  const size = options.integer('size', 0) ?? 10
  if (size === 0) {
    throw options.illegal(`[size] must be greater than 0. Found [0] in [${options.name}]`)
  }
  const minDocCount = options.integer('min_doc_count', 0) ?? 1
  const orders = ordersOf(options) ?? byCount
  const showsErrors = options.boolean('show_term_doc_count_error') ?? false
  const isByKey = orders.length === 1 && orders[0]!.path === '_key'
  const looked = options.integer('shard_size', 0) ?? (isByKey ? size : Math.floor(size * 1.5 + 10))
  return {
    size: Math.min(size, options.limits.maxBuckets + 1),
    minDocCount,
    shardSize: Math.max(size, looked),
    orders,
    showsErrors,
  }
}

export const besideTerms = (groups: readonly Group[], kept: number): JsonRecord => ({
  doc_count_error_upper_bound: 0,
  sum_other_doc_count: (groups[0]?.total ?? 0) - kept,
})

export const errorOf = ({ showsErrors }: TermsOptions): JsonRecord =>
  showsErrors ? { doc_count_error_upper_bound: 0 } : {}

export function terms(options: Options): BucketsKind {
  const source = sourceOf(options)
  const asTerms = termsOptions(options)
  const keyed = (groups: readonly Group[]) => groups.reduce((sum, { count }) => sum + count, 0)
  const included = termFilter(options)
  return {
    family: 'buckets',
    looksBeyondQuery: asTerms.minDocCount === 0,
    countedBy: source.field === 'log.level' && asTerms.minDocCount > 0 ? 'log.level' : undefined,
    plan({ asked }) {
      const values = valuesOf(asked, source, anything)
      const plan: BucketsPlan = {
        key: keyOf(values),
        having: included && ((key) => included(key, values)),
        ...(asTerms.minDocCount > 0
          ? bestOf(asTerms, values.kind === 'ip' ? addressOf : undefined)
          : { always: alwaysOf(values, included) }),
        buckets(groups) {
          const heads = groups.map((group) => ({
            name: textOfScalar(jsonKey(values, group.key)),
            head: { ...headOf(values, group.key), ...errorOf(asTerms) },
            group,
          }))
          const made = { typed: typedOf(values), buckets: heads, keyed: false }
          if (asTerms.minDocCount > 0) {
            return { ...made, beside: besideTerms(groups, keyed(groups)) }
          }
          const order = compareBuckets(asTerms.orders)
          const all = groups.map((group) => ({ ...group, total: 0 }))
          return { ...made, beside: besideTerms(all, 0), order, limit: asTerms.size }
        },
      }
      return Promise.resolve(plan)
    },
  }
}

/** @param ordered what a key is ordered by */
const bestOf = (
  { size, minDocCount, shardSize, orders }: TermsOptions,
  ordered: (key: Sql) => Sql = (key) => key,
) => ({
  best: {
    limit: size,
    minDocCount,
    shardSize,
    order: (key: Sql, metric: (path: string) => Sql) => orderSql(orders, ordered(key), metric),
  },
})

/** Addresses by their digits; the parts of a struct each by itself. */
function byAddress(kinds: readonly ValueKind[]): ((key: Sql) => Sql) | undefined {
  if (!kinds.includes('ip')) return undefined
  return (key) => {
    const parts = kinds.map((kind, at) => {
      const part = sql`(${key}).${verbatim(`c${at}`)}`
      return sql`${verbatim(`c${at}`)} := ${kind === 'ip' ? addressOf(part) : part}`
    })
    return sql`struct_pack(${joined(parts)})`
  }
}

type TermFilter = ReturnType<typeof termFilter>

/** With `min_doc_count: 0`, terms of documents that the query does not find are buckets too. */
function alwaysOf(values: Values, included: TermFilter): Sql {
  const { expression, many } = keyOf(values)
  const key = many ? sql`unnest(${expression})` : expression
  if (!included || many) return key
  return sql`case when ${included(expression, values)} then ${expression} end`
}

function typedOf({ kind, type, mapped }: Values): string {
  if (!mapped || kind === 'text' || kind === 'ip') return 'sterms'
  return type === 'DOUBLE' ? 'dterms' : 'lterms'
}

/** Several fields together: a bucket for each combination of their values. */
export function multiTerms(options: Options): BucketsKind {
  const asTerms = termsOptions(options)
  const given = options.list('terms')
  if (!given || given.length < 2) {
    throw options.illegal(
      'The [terms] parameter in the aggregation [multi_terms] must be present and have at least 2 fields or scripts.',
    )
  }
  const sources = given.map((each: JsonValue) => {
    const inner = options.inner('terms', each)
    const source = sourceOf(inner)
    inner.finish()
    return source
  })
  return {
    family: 'buckets',
    plan({ asked }) {
      const values = sources.map((source) => valuesOf(asked, source, anything))
      const keys = values.map(keyOf)
      const key = structKey(keys)
      const plan: BucketsPlan = {
        key,
        ...bestOf(
          { ...asTerms, minDocCount: Math.max(1, asTerms.minDocCount) },
          byAddress(values.map(({ kind }) => kind)),
        ),
        buckets(groups) {
          const heads = groups.map((group) => {
            const parts = values.map((each, at) => {
              const value = (group.key as Record<string, never>)[`c${at}`]!
              const head = headOf(each, value)
              const key = each.kind === 'boolean' ? value === true : head.key!
              return { key, text: textOfScalar(head.key_as_string ?? head.key) }
            })
            const text = parts.map((part) => part.text).join('|')
            const head = { key: parts.map((part) => part.key), key_as_string: text }
            return { name: text, head: { ...head, ...errorOf(asTerms) }, group }
          })
          const kept = groups.reduce((sum, { count }) => sum + count, 0)
          return {
            typed: 'multi_terms',
            buckets: heads,
            keyed: false,
            beside: besideTerms(groups, kept),
          }
        },
      }
      return Promise.resolve(plan)
    },
  }
}

/** A struct of one value each; of lists every combination. NULL when one has no value. */
export function structKey(
  keys: readonly { readonly expression: Sql; readonly many: boolean; readonly type: string }[],
  isOptional: readonly boolean[] = [],
): BucketsPlan['key'] {
  const type = Object.fromEntries(keys.map((key, at) => [`c${at}`, key.type]))
  const isMany = keys.some(({ many }) => many)
  const missing = keys.flatMap(({ expression, many }, at) =>
    isOptional[at] ? [] : [many ? sql`len(${expression}) = 0` : sql`${expression} is null`],
  )
  const absent = any(missing)
  if (!isMany) {
    const parts = keys.map(({ expression }, at) => sql`${verbatim(`c${at}`)} := ${expression}`)
    return {
      expression: sql`case when not ${absent} then struct_pack(${joined(parts)}) end`,
      many: false,
      type,
    }
  }
  const names = keys.map((_, at) => verbatim(`c${at} := _v${at}`))
  let whole = sql`[struct_pack(${joined(names)})]`
  for (const [at, key] of [...keys.entries()].toReversed()) {
    const values = key.many
      ? isOptional[at]
        ? sql`case when coalesce(len(${key.expression}), 0) = 0 then [null] else ${key.expression} end`
        : key.expression
      : sql`[${key.expression}]`
    whole = sql`flatten(list_transform(${values}, lambda ${verbatim(`_v${at}`)}: ${whole}))`
  }
  return {
    expression: sql`case when not coalesce(${absent}, true) then ${whole} end`,
    many: true,
    type,
  }
}

const joined = (parts: readonly Sql[]): Sql => parts.reduce((left, right) => sql`${left}, ${right}`)
