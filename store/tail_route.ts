import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../core/clock.ts'
import { Refusal } from '../core/http/refusal.ts'
import type { LiveQuery } from './live_query.ts'
import type { QueryLimits } from './query/limits.ts'
import type { LiveTail } from './live_tail.ts'
import { SearchError } from './search.ts'

export interface TailRouteWorld {
  readonly tail: Pick<LiveTail, 'follow'>
  readonly clock: Clock
  readonly maxFollowers: number
  readonly limits: QueryLimits
  /** Fires when the port closes: every follower is let go. */
  readonly ending: AbortSignal
}

/** So often something is sent, so that proxies do not take a quiet stream for a dead one. */
const heartbeatMs = 15_000

/**
 * `GET /api/tail?query=&index=`: events as they become durable, as server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html). A message is `{"stream":…,"event":…}`;
 * one of the type `skipped` is `{"skipped":n}`, for those that the follower was too slow for.
 */
export function addTailRoute(app: FastifyInstance, world: TailRouteWorld): void {
  let followers = 0
  app.get<{ Querystring: { query?: string | string[]; index?: string | string[] } }>(
    '/api/tail',
    { config: { scope: 'read' }, exposeHeadRoute: false },
    async (request, reply) => {
      const { maxFollowers, clock, limits } = world
      refuseUnknown(request.query)
      const { liveQuery } = await import('./live_query.ts')
      if (followers >= maxFollowers) {
        const text = `${followers} follow already, which is the most (store.max_followers)`
        throw new Refusal(429, 'too_many_followers', text, { 'retry-after': '5' })
      }
      const { query = '', index = 'logs-*' } = request.query
      const wanted = understood(() => liveQuery(String(query), String(index), clock.now(), limits))
      followers += 1
      reply.hijack()
      try {
        await serve(reply.raw, world, wanted)
      } finally {
        followers -= 1
        reply.raw.end()
      }
    },
  )
}

const parameters = ['query', 'index']

/** A misspelt query would be none, and everything were sent. */
function refuseUnknown(given: object): void {
  const unknown = Object.keys(given).find((name) => !parameters.includes(name))
  if (unknown === undefined) return
  const text = `/api/tail has no parameter ${JSON.stringify(unknown.slice(0, 100))}: it takes query (in Weir's language) and index`
  throw new Refusal(400, 'bad_query', text)
}

function understood<T>(parse: () => T): T {
  try {
    return parse()
  } catch (failure) {
    if (!(failure instanceof SearchError)) throw failure
    throw new Refusal(400, 'bad_query', failure.message)
  }
}

async function serve(
  response: ServerResponse,
  { tail, clock, ending }: TailRouteWorld,
  { matches, wants }: LiveQuery,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.on('error', () => gone.abort())
  const signal = AbortSignal.any([gone.signal, ending])
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx would gather it otherwise.
    'x-accel-buffering': 'no',
  })
  response.write('retry: 2000\n\n')
  void beat(response, clock, signal)
  for await (const item of tail.follow(matches, wants, signal)) {
    const type = 'skipped' in item ? 'event: skipped\n' : ''
    if (response.write(`${type}data: ${JSON.stringify(item)}\n\n`)) continue
    await once(response, 'drain', { signal }).catch(() => undefined)
  }
}

async function beat(response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(heartbeatMs, signal)
    if (signal.aborted) return
    if (!response.writableNeedDrain) response.write(': quiet\n\n')
  }
}
