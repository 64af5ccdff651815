import { z } from 'zod'
import { Refusal } from '../../core/http/refusal.ts'
import { parseDuration } from '../../core/units.ts'
import type { Figure, SeriesFilter, TagExpression } from '../metrics.ts'
import { pointTypes } from '../points.ts'
import { askedTime } from './asked_time.ts'

const limitMax = 100_000

/** `env=prod`, `env!=prod`, `host=~web.*`, `host!=~web.*`. */
const expression = z.string().transform((text, context): TagExpression => {
  const match = /^([^;!=~^]+)(=~|!=~|!=|=)(.*)$/s.exec(text)
  if (match) {
    const [, tag, operator, value] = match
    return { tag: tag!, operator: operator as TagExpression['operator'], value: value! }
  }
  const message = `"${text}" is no tag expression: write tag=value, tag!=value, tag=~expression or tag!=~expression`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** A figure by name, `p99.9`, or a figure of Etsy's after `exact:`. */
const figure = z.string().transform((text, context): Figure => {
  const plain = ['sum', 'count', 'rate', 'min', 'max', 'last', 'mean', 'value'] as const
  const named = plain.find((name) => name === text)
  if (named) return named
  const quantile = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(text)
  if (quantile) return { quantile: Number(quantile[1]) / 100 }
  const exact = /^exact:(.+)$/.exec(text)
  if (exact) return { exact: exact[1]! }
  const message = `"${text}" is no figure: ${plain.join(', ')}, p0 to p100 such as p99.9, or exact:upper_90`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const many = <T extends z.ZodType>(one: T) =>
  z
    .union([z.array(one).max(10_000), one.transform((each) => [each])])
    .optional()
    .transform((all) => (all ?? []) as z.output<T>[])
const number = () =>
  z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(1))
const limit = (usual: number) => number().pipe(z.int().max(limitMax)).default(usual)

const time = (nowMs: () => number) =>
  z.union([z.string(), z.number().transform(String)]).transform((text, context): number => {
    const ms = askedTime(text, nowMs())
    if (ms !== undefined) return ms
    const message = `"${text}" is no time: write now, -1h, an ISO 8601 time, or seconds since the epoch`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

const step = z.string().transform((text, context): number => {
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  context.addIssue({ code: 'custom', message: `"${text}" is no duration: write 10s, 5m or 1h` })
  return z.NEVER
})

/** What can be asked; every key as in docs/METRICS_API.md. */
export function askedSchemas(nowMs: () => number) {
  const filter = {
    type: many(z.enum(pointTypes)),
    from: time(nowMs).optional(),
    until: time(nowMs).optional(),
  }
  const tags = { expr: many(expression), prefix: z.string().max(1_000).default('') }
  return {
    names: z.strictObject({
      ...filter,
      glob: z.string().optional(),
      prefix: z.string().optional(),
      expr: many(expression),
      limit: limit(1_000),
    }),
    tags: z.strictObject({ ...tags, limit: limit(1_000) }),
    series: z.strictObject({
      ...filter,
      series: many(z.string()),
      glob: z.string().optional(),
      expr: many(expression),
      figure: many(figure),
      step: step.optional(),
      max_points: number().optional(),
      combine: z.enum(['sum', 'mean', 'min', 'max', 'count']).optional(),
      by: many(z.string()),
      limit: limit(100),
    }),
  }
}

export const filterOf = (asked: {
  readonly type: readonly (typeof pointTypes)[number][]
  readonly from?: number | undefined
  readonly until?: number | undefined
}): SeriesFilter => ({
  ...(asked.type.length > 0 && { types: asked.type }),
  ...(asked.from !== undefined && { fromMs: asked.from }),
  ...(asked.until !== undefined && { untilMs: asked.until }),
})

/** @throws Refusal 400 that names the key. */
export function understood<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  const place = first!.path.join('.')
  throw new Refusal(400, 'bad_query', place === '' ? first!.message : `${place}: ${first!.message}`)
}
