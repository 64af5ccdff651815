import type { JsonRecord, JsonValue } from '../../../../search.ts'
import type { Bucket, PipelineKind } from '../aggregation.ts'
import { hasValue } from '../buckets_path.ts'
import { compareKeysOf } from '../bucket_order.ts'
import { parseExpression } from '../expression.ts'
import { durationMs, calendarUnit } from '../intervals.ts'
import { single } from '../metrics/answers.ts'
import type { Options } from '../options.ts'
import { movingFunctions } from './moving_functions.ts'
import { gapPolicyOf, numberAt, pathOf, pathsOf, pipelineFormat, scriptOf } from './source.ts'

const simple = (value: number) => (Number.isFinite(value) ? value : null)

/** Calendar units are so long here, whatever the month. */
const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_629_746_000,
  q: 7_889_238_000,
  y: 31_556_952_000,
}

/** From each bucket to the next; with a unit also for each unit of time. */
export function derivative(options: Options): PipelineKind {
  const path = pathOf(options)
  const policy = gapPolicyOf(options)
  const format = pipelineFormat(options)
  const given = options.text('unit')
  const calendar = given === undefined ? undefined : calendarUnit(given)
  const unit =
    given === undefined
      ? undefined
      : calendar
        ? unitMs[calendar]!
        : durationMs(given, 'derivative.unit', options.at)
  return {
    family: 'pipeline',
    place: 'parent',
    paths: [path],
    run({ buckets }, name) {
      const values = buckets.map((bucket) => numberAt(bucket, path, policy))
      for (const [at, bucket] of buckets.entries()) {
        const isFirst = at === 0 || !hasValue(buckets[at - 1]!, path)
        if (isFirst || !hasValue(bucket, path)) continue
        const change = values[at]! - values[at - 1]!
        const answer = single('simple_value', simple(change), format)
        if (unit === undefined) {
          bucket.answers.set(name, { ...answer, typed: 'derivative' })
          continue
        }
        const units = (Number(bucket.head.key) - Number(buckets[at - 1]!.head.key)) / unit
        const perUnit = simple(change / units)
        const text =
          format.isRaw || perUnit === null
            ? {}
            : { normalized_value_as_string: format.text(perUnit) }
        bucket.answers.set(name, {
          family: 'metric',
          typed: 'derivative',
          json: { ...answer.json, normalized_value: perUnit, ...text },
          value: (property) => (property === 'normalized_value' ? perUnit : answer.value(property)),
        })
      }
    },
  }
}

export function cumulativeSum(options: Options): PipelineKind {
  const path = pathOf(options)
  const format = pipelineFormat(options)
  return {
    family: 'pipeline',
    place: 'parent',
    paths: [path],
    run({ buckets }, name) {
      let sum = 0
      for (const bucket of buckets) {
        sum += numberAt(bucket, path, 'insert_zeros')
        bucket.answers.set(name, single('simple_value', simple(sum), format))
      }
    },
  }
}

export function serialDiff(options: Options): PipelineKind {
  const path = pathOf(options)
  const policy = gapPolicyOf(options)
  const format = pipelineFormat(options)
  const lag = options.integer('lag', -Infinity) ?? 1
  if (lag <= 0) {
    throw options.illegal(
      `Lag must be a positive integer, non-zero integer. Value supplied was${lag} in [${options.name}].`,
    )
  }
  return {
    family: 'pipeline',
    place: 'parent',
    paths: [path],
    run({ buckets }, name) {
      const values = buckets.map((bucket) => numberAt(bucket, path, policy))
      for (const [at, bucket] of buckets.entries()) {
        const difference = values[at]! - (values[at - lag] ?? Number.NaN)
        if (Number.isNaN(difference)) continue
        bucket.answers.set(name, single('simple_value', simple(difference), format))
      }
    },
  }
}

/** A function over the values in a window before each bucket. */
export function movingFn(options: Options): PipelineKind {
  const path = pathOf(options)
  const policy = gapPolicyOf(options)
  const format = pipelineFormat(options)
  const window = options.integer('window', -Infinity)
  if (window === undefined) throw options.illegal('Required [window] missing')
  if (window <= 0) throw options.illegal('[window] must be a positive, non-zero integer.')
  const shift = options.integer('shift', -Infinity) ?? 0
  const { source, params } = scriptOf(options)
  const compute = parseExpression(source, movingFunctions)
  return {
    family: 'pipeline',
    place: 'parent',
    paths: [path],
    run({ buckets }, name) {
      const numbers = buckets.map((bucket) => numberAt(bucket, path, policy))
      const values = numbers.filter((value) => !Number.isNaN(value))
      const clamp = (at: number) => Math.max(0, Math.min(at, values.length))
      let at = 0
      for (const [place, bucket] of buckets.entries()) {
        if (Number.isNaN(numbers[place])) continue
        const within = values.slice(clamp(at - window + shift), clamp(at + shift))
        const value = Number(compute({ numbers: params, lists: { values: within } }))
        bucket.answers.set(name, single('simple_value', simple(value), format))
        at += 1
      }
    },
  }
}

export function bucketScript(options: Options): PipelineKind {
  const paths = pathsOf(options)
  const policy = gapPolicyOf(options)
  const format = pipelineFormat(options)
  const { source, params } = scriptOf(options)
  const compute = parseExpression(source)
  return {
    family: 'pipeline',
    place: 'parent',
    paths: Object.values(paths),
    run({ buckets }, name) {
      for (const bucket of buckets) {
        const numbers = numbersOf(bucket, paths, policy)
        if (policy === 'skip' && Object.values(numbers).some(Number.isNaN)) continue
        const value = Number(compute({ numbers: { ...params, ...numbers } }))
        bucket.answers.set(name, single('simple_value', simple(value), format))
      }
    },
  }
}

/** Keeps the buckets for which its script is true. */
export function bucketSelector(options: Options): PipelineKind {
  const paths = pathsOf(options)
  const policy = gapPolicyOf(options)
  const { source, params } = scriptOf(options)
  const compute = parseExpression(source)
  return {
    family: 'pipeline',
    place: 'parent',
    paths: Object.values(paths),
    run(around) {
      around.buckets = around.buckets.filter((bucket) =>
        compute({ numbers: { ...params, ...numbersOf(bucket, paths, policy) } }),
      )
    },
  }
}

const numbersOf = (
  bucket: Bucket,
  paths: Readonly<Record<string, string>>,
  policy: Parameters<typeof numberAt>[2],
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(paths).map(([name, path]) => [name, numberAt(bucket, path, policy)]),
  )

interface SortBy {
  readonly path: string
  readonly descending: boolean
}

/** Orders the buckets, and cuts them to a page. */
export function bucketSort(options: Options): PipelineKind {
  const given = options.raw('sort')
  const list: readonly JsonValue[] = given == null ? [] : Array.isArray(given) ? given : [given]
  const sorts = list.flatMap((each) => sortsOf(each, options))
  const from = options.integer('from', 0) ?? 0
  const size = options.integer('size', 1)
  const policy = gapPolicyOf(options)
  if (sorts.length === 0 && size === undefined && from === 0) {
    throw options.illegal(
      `[${options.name}] is configured to perform nothing. Please set either of [sort, size, from] to use bucket_sort`,
    )
  }
  return {
    family: 'pipeline',
    place: 'parent',
    paths: sorts.map(({ path }) => path),
    run(around) {
      let buckets = around.buckets
      if (sorts.length > 0) {
        const valued = buckets.map((bucket) => ({
          bucket,
          values: sorts.map(({ path }) => (path === '_key' ? 0 : numberAt(bucket, path, policy))),
        }))
        buckets = valued
          .filter(({ values }) => policy !== 'skip' || !values.every(Number.isNaN))
          .toSorted((a, b) => compare(sorts, a, b))
          .map(({ bucket }) => bucket)
      }
      around.buckets = buckets.slice(from, size === undefined ? undefined : from + size)
    },
  }
}

interface Valued {
  readonly bucket: Bucket
  readonly values: readonly number[]
}

function compare(sorts: readonly SortBy[], a: Valued, b: Valued): number {
  for (const [at, { path, descending }] of sorts.entries()) {
    const [left, right] = [a.values[at]!, b.values[at]!]
    const isMissing = Number.isNaN(left) || Number.isNaN(right)
    const way = path === '_key' ? compareKeysOf(a.bucket, b.bucket) : left - right
    const compared = isMissing
      ? Number(Number.isNaN(left)) - Number(Number.isNaN(right))
      : (descending ? -1 : 1) * way
    if (compared !== 0) return compared
  }
  return 0
}

function sortsOf(each: JsonValue, options: Options): readonly SortBy[] {
  if (typeof each === 'string') return [{ path: each, descending: false }]
  if (each === null || typeof each !== 'object' || Array.isArray(each)) {
    throw options.wrong('sort', each)
  }
  return Object.entries(each).map(([path, how]) => {
    const isObject = typeof how === 'object' && how !== null && !Array.isArray(how)
    const order = isObject ? ((how as JsonRecord).order ?? 'asc') : how
    return { path, descending: String(order).toLowerCase() === 'desc' }
  })
}
