import type { JsonValue } from '../../../../search.ts'
import type { Bucket } from '../aggregation.ts'
import { valueAt } from '../buckets_path.ts'
import { formatOf, type ValueFormat } from '../format.ts'
import type { Options } from '../options.ts'

/** What a pipeline takes for a bucket without a value. */
export type GapPolicy = 'skip' | 'insert_zeros' | 'keep_values'

export function gapPolicyOf(options: Options): GapPolicy {
  const policy = options.text('gap_policy')?.toLowerCase() ?? 'skip'
  if (policy === 'skip' || policy === 'insert_zeros' || policy === 'keep_values') return policy
  throw options.illegal(
    `Invalid gap policy: [${policy}], accepted values: [insert_zeros, skip, keep_values]`,
  )
}

/** The one path of a pipeline. */
export function pathOf(options: Options): string {
  const given = options.raw('buckets_path')
  const path = Array.isArray(given) && given.length === 1 ? given[0]! : given
  if (path == null) throw options.illegal('Required [buckets_path] missing')
  if (typeof path !== 'string' || path === '')
    throw options.wrong('buckets_path', path as JsonValue)
  return path
}

/** Several paths by name; a single one is `_value`. */
export function pathsOf(options: Options): Readonly<Record<string, string>> {
  const given = options.raw('buckets_path')
  if (given == null) throw options.illegal('Required [buckets_path] missing')
  if (typeof given === 'string') return { _value: given }
  if (Array.isArray(given)) {
    return Object.fromEntries(given.map((path, at) => [`_value${at}`, String(path)]))
  }
  if (typeof given !== 'object') throw options.wrong('buckets_path', given)
  return Object.fromEntries(
    Object.entries(given).map(([name, path]) => {
      if (typeof path !== 'string') throw options.wrong('buckets_path', path)
      return [name, path]
    }),
  )
}

/** A bucket's value; NaN for a gap that is to be skipped. A bucket of no documents is a gap, but for its count. */
export function numberAt(bucket: Bucket, path: string, policy: GapPolicy): number {
  const value = valueAt(bucket, path)
  const isCount = path === '_count' || path.endsWith('>_count') || path.endsWith('_bucket_count')
  return filled(value, bucket.count === 0 && !isCount, policy)
}

export function filled(value: number | null, isEmpty: boolean, policy: GapPolicy): number {
  const isGap = value === null || !Number.isFinite(value)
  if (policy === 'keep_values') return isGap ? Number.NaN : value
  if (!isGap && !isEmpty) return value
  return policy === 'insert_zeros' ? 0 : Number.NaN
}

export function pipelineFormat(options: Options): ValueFormat {
  return formatOf('number', options.text('format'), undefined, options.at)
}

export function scriptOf(options: Options): {
  readonly source: string
  readonly params: Readonly<Record<string, number | boolean>>
} {
  const given = options.raw('script')
  if (given == null) throw options.illegal('Required [script] missing')
  if (typeof given === 'string') return { source: given, params: {} }
  const inner = options.inner('script', given)
  const lang = inner.text('lang') ?? 'painless'
  if (lang !== 'painless' && lang !== 'expression') {
    throw options.illegal(`script_lang not supported [${lang}]`)
  }
  const source = inner.text('source') ?? inner.text('inline')
  if (source === undefined)
    throw options.illegal('must specify either [source] for an inline script')
  const params = Object.entries(inner.record('params') ?? {}).map(([name, value]) => {
    if (typeof value === 'number' || typeof value === 'boolean') return [name, value] as const
    throw options.illegal(`[script.params.${name}] has to be a number or boolean`)
  })
  inner.finish()
  return { source, params: Object.fromEntries(params) }
}
