import { z } from 'zod'
import { linearRegExp } from '../../../core/linear_regexp.ts'

/** As Go writes durations, which statsd_exporter's file has: `1m20s`, `300ms`, `0`. Milliseconds. */
const goDuration = z.union([z.string(), z.literal(0)]).transform((value, context): number => {
  const ms = value === 0 ? 0 : parseGoDuration(value)
  if (ms !== undefined) return ms
  const text = `"${value}" is not a duration: write a number and a unit, such as 300ms, 80s, 1m20s or 2h`
  context.addIssue({ code: 'custom', message: text })
  return z.NEVER
})

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
}

function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(\d+(\.\d*)?(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  const parts = text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|μs|ms|s|m|h)/g)
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!, 0)
}

const quantile = z.strictObject({
  quantile: z.number().min(0).max(1),
  error: z.number().min(0).optional(),
})

const buckets = z
  .array(z.union([z.number(), z.literal(Infinity)]))
  .max(500)
  .superRefine((bounds, context) => {
    const at = bounds.findIndex((bound, index) => index > 0 && !(bound > bounds[index - 1]!))
    if (at < 0) return
    const message = `the bounds of buckets have to ascend: ${bounds[at]} follows ${bounds[at - 1]}`
    context.addIssue({ code: 'custom', message, path: [at] })
  })

const histogramOptions = z.strictObject({
  buckets: buckets.optional(),
  // Native histograms have no text form; the keys are accepted, as files have them.
  native_histogram_bucket_factor: z.number().optional(),
  native_histogram_max_buckets: z.number().optional(),
})

const summaryOptions = z.strictObject({
  quantiles: z.array(quantile).max(100).optional(),
  max_age: goDuration.optional(),
  age_buckets: z.number().int().min(1).max(100).optional(),
  buf_cap: z.number().optional(),
})

const observerType = z.enum(['summary', 'histogram'])
const matchType = z.enum(['glob', 'regex'])

/** Keys that older versions of statsd_exporter had beside the options. */
const older = {
  timer_type: observerType.optional(),
  buckets: buckets.optional(),
  quantiles: z.array(quantile).max(100).optional(),
}

const templated = String.raw`\$\{?\d+\}?`
const metricName = new RegExp(`^([a-zA-Z_]|${templated})([a-zA-Z0-9_]|${templated})*$`)
const globPart = /^(\*|[a-zA-Z0-9_][a-zA-Z0-9_-]*)$/

const rule = z.strictObject({
  match: z.string(),
  name: z.string().optional(),
  labels: z.record(z.string(), z.coerce.string()).default({}),
  honor_labels: z.boolean().default(false),
  observer_type: observerType.optional(),
  match_type: matchType.optional(),
  help: z.string().optional(),
  action: z.enum(['map', 'drop']).default('map'),
  match_metric_type: z.enum(['counter', 'gauge', 'observer', 'timer']).optional(),
  ttl: goDuration.optional(),
  summary_options: summaryOptions.optional(),
  histogram_options: histogramOptions.optional(),
  scale: z.number().optional(),
  ...older,
})

const defaults = z.strictObject({
  observer_type: observerType.optional(),
  match_type: matchType.default('glob'),
  glob_disable_ordering: z.boolean().default(false),
  ttl: goDuration.default(0),
  summary_options: summaryOptions.prefault({}),
  histogram_options: histogramOptions.prefault({}),
  ...older,
})

/** statsd_exporter's mapping file (its README, "Metric Mapping and Configuration"), with its rules of what fits. */
export const mappingFile = z
  .strictObject({
    defaults: defaults.prefault({}),
    mappings: z.array(rule).max(10_000).default([]),
  })
  .superRefine((file, context) => {
    for (const [index, each] of file.mappings.entries()) {
      const report = (key: string, message: string) =>
        context.addIssue({ code: 'custom', message, path: ['mappings', index, key] })
      checkRule(each, each.match_type ?? file.defaults.match_type, report)
    }
  })

type Report = (key: string, message: string) => void

function checkRule(each: MappingRule, type: 'glob' | 'regex', report: Report): void {
  const { name, labels, match, action } = each
  if (name === undefined && action === 'map')
    report('name', 'is missing: a rule has to say the name')
  else if (name !== undefined && !metricName.test(name)) {
    report('name', `"${name}" is no name of a metric: letters, digits, _ and $1`)
  }
  for (const label of Object.keys(labels)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label))
      report('labels', `"${label}" is no name of a label`)
  }
  if (type === 'glob') {
    const bad = match
      .split('.')
      .find((part, at) => !globPart.test(part) || (at === 0 && /^\d/.test(part)))
    if (bad !== undefined) {
      report(
        'match',
        `"${bad}" is no part of a glob: a part is * or letters, digits, _ and -; for more write match_type: regex`,
      )
    }
  } else {
    try {
      linearRegExp(match)
    } catch (failure) {
      report('match', (failure as Error).message)
    }
  }
  const observer = each.observer_type ?? each.timer_type
  if (observer === 'histogram' && each.summary_options) {
    report('summary_options', 'a histogram has none: write histogram_options')
  }
  if (observer === 'summary' && each.histogram_options) {
    report('histogram_options', 'a summary has none: write summary_options')
  }
}

export type MappingFile = z.output<typeof mappingFile>
export type MappingRule = MappingFile['mappings'][number]
