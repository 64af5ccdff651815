import type { FastifyInstance, FastifyReply } from 'fastify'
import { Refusal } from '../../core/http/refusal.ts'
import type { Figure, MetricStore, SeriesKey, SeriesValues } from '../metrics.ts'
import { pointTypes } from '../points.ts'
import { SearchError } from '../search.ts'
import { tagsOfSeries } from '../series.ts'
import { askedSchemas, filterOf, understood } from './asked.ts'
import { combined } from './combined.ts'

export interface MetricsApiWorld {
  readonly store: MetricStore
  readonly nowMs: () => number
  readonly timeoutMs: number
}

const hourMs = 3_600_000

/** `/api/metrics/…`: names, tags and values of metrics as JSON; docs/METRICS_API.md. */
export function addMetricsRoutes(app: FastifyInstance, world: MetricsApiWorld): void {
  const { store, timeoutMs } = world
  const schemas = askedSchemas(world.nowMs)
  const config = { scope: 'read' as const }
  const answer = <T>(reply: FastifyReply, work: (deadline: AbortSignal) => Promise<T>) =>
    inTime(reply, timeoutMs, work)

  app.get('/api/metrics/names', { config }, async (request, reply) => {
    const { glob, prefix, expr, limit, ...rest } = understood(schemas.names, request.query)
    const filter = { ...filterOf(rest), limit }
    if ([glob, prefix].filter((each) => each !== undefined).length + Number(expr.length > 0) !== 1)
      throw new Refusal(400, 'bad_query', 'give one of glob, prefix and expr')
    return await answer(reply, async (deadline) => {
      if (prefix !== undefined) {
        const nodes = await store.children({ ...filter, glob: levelOf(prefix) }, deadline)
        return { nodes: nodes.map(({ isBranch, ...node }) => ({ ...node, is_branch: isBranch })) }
      }
      const query = expr.length > 0 ? { tags: expr } : { glob: glob! }
      const found = await store.find({ ...filter, ...query }, deadline)
      const names = found.map(({ series, type, firstMs, lastMs }) => {
        return { series, type, first: iso(firstMs), last: iso(lastMs) }
      })
      return { names }
    })
  })

  app.get('/api/metrics/tags', { config }, async (request, reply) => {
    const { expr, ...query } = understood(schemas.tags, request.query)
    return await answer(reply, async (deadline) => {
      return { tags: await store.tagNames({ ...query, tags: expr }, deadline) }
    })
  })

  app.get<{ Params: { tag: string } }>(
    '/api/metrics/tags/:tag',
    { config },
    async (request, reply) => {
      const { expr, ...query } = understood(schemas.tags, request.query)
      const { tag } = request.params
      return await answer(reply, async (deadline) => {
        return { values: await store.tagValues({ ...query, tag, tags: expr }, deadline) }
      })
    },
  )

  const series = async (given: unknown, reply: FastifyReply) => {
    const asked = understood(schemas.series, given)
    return await answer(reply, (deadline) => read(world, asked, deadline))
  }
  app.get('/api/metrics/series', { config }, (request, reply) => series(request.query, reply))
  app.post('/api/metrics/series', { config }, (request, reply) => {
    return series(bodyOf(request.body), reply)
  })
}

type Asked = ReturnType<ReturnType<typeof askedSchemas>['series']['parse']>

async function read({ store, nowMs }: MetricsApiWorld, asked: Asked, deadline: AbortSignal) {
  const { figure, from, until, step, max_points: maxPoints, combine, by } = asked
  const figures: readonly Figure[] = figure.length > 0 ? figure : ['value']
  const untilMs = until ?? nowMs()
  const fromMs = from ?? untilMs - hourMs
  const keys = await keysOf(store, { ...asked, from: fromMs, until: untilMs }, deadline)
  if (keys.length === 0) return { series: [] }
  const request = { series: keys, figures, fromMs, untilMs }
  const more = {
    ...(step !== undefined && { stepMs: step }),
    ...(maxPoints !== undefined && { maxPoints }),
  }
  const found = await store.read({ ...request, ...more }, deadline)
  if (!combine) return { series: found.map(shown) }
  const common = await ofOneStep(found, async (stepMs) => {
    return await store.read({ ...request, ...more, stepMs }, deadline)
  })
  const groups = combined(common, combine, by).map(({ figure: of, startMs, stepMs, ...group }) => {
    return {
      ...group,
      figure: nameOf(of),
      ...shownTime(startMs, stepMs),
      values: plain(group.values),
    }
  })
  return { groups }
}

/** Which series are meant: by their names and types, by glob or by tags. */
async function keysOf(
  store: MetricStore,
  asked: Asked,
  deadline: AbortSignal,
): Promise<readonly SeriesKey[]> {
  const { series, glob, expr, limit } = asked
  if (Number(series.length > 0) + Number(glob !== undefined) + Number(expr.length > 0) !== 1)
    throw new Refusal(400, 'bad_query', 'give one of series, glob and expr')
  const filter = { ...filterOf(asked), limit }
  if (glob !== undefined) return await store.find({ ...filter, glob }, deadline)
  if (expr.length > 0) return await store.find({ ...filter, tags: expr }, deadline)
  const types = asked.type.length > 0 ? asked.type : pointTypes
  const all = series.flatMap((each) => types.map((type) => ({ series: each, type })))
  if (asked.type.length === 1) return all
  // Of a name the types that there are.
  const name = (text: string) => text.split(';')[0]!
  const known = await Promise.all(
    series.map((each) => {
      const tags = [{ tag: 'name', operator: '=', value: name(each) }] as const
      return store.find({ tags, limit: 100_000 }, deadline)
    }),
  )
  const there = new Set(known.flat().map((info) => `${info.type} ${info.series}`))
  return all.filter((key) => there.has(`${key.type} ${key.series}`))
}

/** The values, read again by the longest of their steps when they have several. */
async function ofOneStep(
  found: readonly SeriesValues[],
  again: (stepMs: number) => Promise<readonly SeriesValues[]>,
): Promise<readonly SeriesValues[]> {
  const steps = new Set(found.map(({ stepMs }) => stepMs))
  if (steps.size <= 1) return found
  const common = [...steps].reduce((a, b) => (a / divisor(a, b)) * b)
  const read = await again(common)
  if (new Set(read.map(({ stepMs }) => stepMs)).size === 1) return read
  throw new Refusal(400, 'bad_query', 'the series have steps that do not fit: give a step')
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))

const shown = ({ series, type, figure, startMs, stepMs, values }: SeriesValues) => ({
  series,
  type,
  tags: tagsOfSeries(series),
  figure: nameOf(figure),
  ...shownTime(startMs, stepMs),
  values: plain(values),
})

const shownTime = (startMs: number, stepMs: number) => ({ start_ms: startMs, step_ms: stepMs })
const plain = (values: Float64Array) =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null))

function nameOf(figure: Figure): string {
  if (typeof figure === 'string') return figure
  if ('exact' in figure) return `exact:${figure.exact}`
  return `p${Number((figure.quantile * 100).toFixed(6))}`
}

const iso = (ms: number) => new Date(ms).toISOString()
/** What is right below a prefix such as `servers.web1.`. */
const levelOf = (prefix: string) => {
  const path = prefix.replace(/\.$/, '')
  return path === '' ? '*' : `${path}.*`
}

function bodyOf(body: unknown): unknown {
  try {
    if (Buffer.isBuffer(body) || typeof body === 'string') return JSON.parse(body.toString())
  } catch (failure) {
    throw new Refusal(400, 'bad_query', `the body is no JSON: ${String(failure)}`)
  }
  return body ?? {}
}

/** Works until the client is gone or the time is over; what the store refuses is answered as the port does. */
async function inTime<T>(
  reply: FastifyReply,
  timeoutMs: number,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const gone = new AbortController()
  const onGone = () => gone.abort(new SearchError(499, 'client_gone', 'nobody reads this answer'))
  reply.raw.once('close', onGone)
  try {
    return await work(AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]))
  } catch (failure) {
    if (failure instanceof SearchError) throw refusedBy(failure)
    if (failure instanceof DOMException && failure.name === 'TimeoutError')
      throw new Refusal(
        503,
        'store_unavailable',
        `the answer took longer than ${timeoutMs} ms: ask for less`,
      )
    throw failure
  } finally {
    reply.raw.off('close', onGone)
  }
}

function refusedBy({ status, message }: SearchError): Refusal {
  if (status === 429) return new Refusal(429, 'too_many_questions', message, { 'retry-after': '1' })
  if (status < 500) return new Refusal(status, 'bad_query', message)
  return new Refusal(503, 'store_unavailable', message, { 'retry-after': '1' })
}
