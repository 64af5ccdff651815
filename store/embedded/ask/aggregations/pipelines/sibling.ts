import { textOfScalar } from '../../../../../core/exact_json.ts'
import type { Bucket, MetricAnswer, PipelineKind } from '../aggregation.ts'
import { valuesAlong } from '../buckets_path.ts'
import type { ValueFormat } from '../format.ts'
import { single } from '../metrics/answers.ts'
import { boundsText, spreadOf, textsOf } from '../metrics/simple.ts'
import type { Options } from '../options.ts'
import { filled, gapPolicyOf, pathOf, pipelineFormat } from './source.ts'

interface Found {
  readonly bucket: Bucket
  readonly value: number
}

function overBuckets(
  options: Options,
  answer: (found: readonly Found[], format: ValueFormat) => MetricAnswer,
): PipelineKind {
  const path = pathOf(options)
  const policy = gapPolicyOf(options)
  const format = pipelineFormat(options)
  return {
    family: 'pipeline',
    place: 'sibling',
    paths: [path],
    sum(around) {
      const found = valuesAlong(around, path).map(({ bucket, value, isCount }) => ({
        bucket,
        value: filled(value, bucket.count === 0 && !isCount, policy),
      }))
      return answer(
        found.filter(({ value }) => !Number.isNaN(value)),
        format,
      )
    },
  }
}

const total = (found: readonly Found[]) => found.reduce((sum, { value }) => sum + value, 0)

export const avgBucket = (options: Options) =>
  overBuckets(options, (found, format) =>
    single('simple_value', found.length === 0 ? null : total(found) / found.length, format),
  )

export const sumBucket = (options: Options) =>
  overBuckets(options, (found, format) => single('simple_value', total(found), format))

/** The most (or least) of them, and the keys of the buckets that have it. */
function extreme(
  options: Options,
  isBetter: (value: number, best: number) => boolean,
): PipelineKind {
  return overBuckets(options, (found, format) => {
    let best: number | null = null
    let keys: string[] = []
    for (const { bucket, value } of found) {
      const key = textOfScalar(bucket.head.key_as_string ?? bucket.head.key ?? bucket.name)
      if (best === null || isBetter(value, best)) {
        best = value
        keys = [key]
      } else if (value === best) keys.push(key)
    }
    const answer = single('bucket_metric_value', best, format)
    return { ...answer, json: { ...answer.json, keys } }
  })
}

export const maxBucket = (options: Options) => extreme(options, (value, best) => value > best)
export const minBucket = (options: Options) => extreme(options, (value, best) => value < best)

function summaryOf(found: readonly Found[]) {
  const count = found.length
  const sum = total(found)
  const values = found.map(({ value }) => value)
  const [min, max] = [values.reduce(least, Infinity), values.reduce(most, -Infinity)]
  return {
    count,
    min: count === 0 ? null : min,
    max: count === 0 ? null : max,
    avg: count === 0 ? null : sum / count,
    sum,
  }
}
const least = (a: number, b: number) => Math.min(a, b)
const most = (a: number, b: number) => Math.max(a, b)

export const statsBucket = (options: Options) =>
  overBuckets(options, (found, format) => {
    const summary = summaryOf(found)
    const { count: _, ...numbers } = summary
    return {
      family: 'metric',
      typed: 'stats_bucket',
      json: { ...summary, ...textsOf(format, numbers) },
      value: (property) => (summary as Record<string, number | null>)[property ?? ''],
    }
  })

export function extendedStatsBucket(options: Options): PipelineKind {
  const sigma = options.number('sigma') ?? 2
  if (sigma < 0) throw options.illegal('[sigma] must be a non-negative double')
  return overBuckets(options, (found, format) => {
    const summary = summaryOf(found)
    const squares = found.reduce((sum, { value }) => sum + value * value, 0)
    const spread = spreadOf(summary, squares, sigma)
    const { count: _, ...numbers } = summary
    const { std_deviation_bounds: bounds, ...flat } = spread
    const all: Record<string, number | null> = { ...summary, ...flat }
    return {
      family: 'metric',
      typed: 'extended_stats_bucket',
      json: {
        ...summary,
        ...spread,
        ...textsOf(format, { ...numbers, ...flat }),
        ...boundsText(format, summary.avg, bounds),
      },
      value: (property) => all[property ?? ''],
    }
  })
}

/** The nearest of the values themselves, as Elasticsearch does here. */
export function percentilesBucket(options: Options): PipelineKind {
  const percents = options.numbers('percents') ?? [1, 5, 25, 50, 75, 95, 99]
  const keyed = options.boolean('keyed') ?? true
  const odd = percents.find((percent) => percent < 0 || percent > 100)
  if (odd !== undefined) {
    throw options.illegal('percents must only contain non-null doubles from 0.0-100.0 inclusive')
  }
  return overBuckets(options, (found, format) => {
    const sorted = found.map(({ value }) => value).toSorted((a, b) => a - b)
    const at = (percent: number) =>
      sorted[Math.round((percent / 100) * (sorted.length - 1))] ?? null
    const values = percents.map((percent) => {
      const value = at(percent)
      const text = format.isRaw || value === null ? undefined : format.text(value)
      return { key: percent, value, text }
    })
    const name = (percent: number) => (Number.isInteger(percent) ? `${percent}.0` : String(percent))
    const record = Object.fromEntries(
      values.flatMap(({ key, value, text }) => [
        [name(key), value],
        ...(text === undefined ? [] : [[`${name(key)}_as_string`, text]]),
      ]),
    )
    const list = values.map(({ key, value, text }) =>
      text === undefined ? { key, value } : { key, value, [`${name(key)}_as_string`]: text },
    )
    return {
      family: 'metric',
      typed: 'percentiles_bucket',
      json: { values: keyed ? record : list },
      value: (property) => (percents.includes(Number(property)) ? at(Number(property)) : undefined),
    }
  })
}
