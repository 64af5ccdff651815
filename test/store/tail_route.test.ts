import { fastify, type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { refusalOf } from '../../core/http/refusal.ts'
import type { LiveEvent } from '../../store/live_tail.ts'
import type { Matches } from '../../store/query/matches.ts'
import { defaultQueryLimits } from '../../store/query/limits.ts'
import { addTailRoute } from '../../store/tail_route.ts'
import { ManualClock, until } from '../collector/inputs/harness.ts'

type Item = LiveEvent | { readonly skipped: number }

/** A tail that yields what it is given, to whoever wants it. */
class FakeTail {
  followers = 0
  readonly #wake = new Set<(item: Item) => void>()

  give(item: Item): void {
    for (const wake of this.#wake) wake(item)
  }

  async *follow(
    matches: Matches,
    wants: (stream: string) => boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Item> {
    const waiting: Item[] = []
    let turn = Promise.withResolvers<void>()
    const wake = (item: Item) => {
      waiting.push(item)
      turn.resolve()
    }
    this.#wake.add(wake)
    this.followers += 1
    signal.addEventListener('abort', () => turn.resolve())
    try {
      while (!signal.aborted) {
        for (const item of waiting.splice(0)) {
          if ('skipped' in item || (wants(item.stream) && matches(item.event))) yield item
        }
        await turn.promise
        turn = Promise.withResolvers()
      }
    } finally {
      this.#wake.delete(wake)
      this.followers -= 1
    }
  }
}

let tail: FakeTail
let clock: ManualClock
let ending: AbortController
let app: FastifyInstance
let url: string

beforeEach(async () => {
  tail = new FakeTail()
  clock = new ManualClock()
  ending = new AbortController()
  app = fastify()
  app.setErrorHandler((failure, _request, reply) => {
    const refusal = refusalOf(failure)!
    return reply.code(refusal.status).headers(refusal.headers).send({ message: refusal.message })
  })
  addTailRoute(app, {
    tail,
    clock,
    maxFollowers: 2,
    limits: defaultQueryLimits,
    ending: ending.signal,
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
})
afterEach(async () => {
  ending.abort()
  await app.close()
})

/** A follower, and all that it was sent so far. */
async function follow(query = '', index?: string) {
  const asked = new URLSearchParams({ query, ...(index !== undefined && { index }) })
  const leave = new AbortController()
  const response = await fetch(`${url}/api/tail?${asked.toString()}`, { signal: leave.signal })
  let text = ''
  const ended = (async () => {
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) text += part
  })()
  ended.catch(() => undefined)
  return { response, ended, leave: () => leave.abort(), text: () => text }
}

const event = (message: string, stream = 'logs-app-default'): LiveEvent => ({
  stream,
  event: { message },
})

test('events that the query and the streams fit', async () => {
  const follower = await follow('message:hello', 'logs-*,-logs-debug-*')
  await until(() => tail.followers === 1)
  tail.give(event('hello there'))
  tail.give(event('bye'))
  tail.give(event('hello', 'logs-debug-default'))
  tail.give({ skipped: 7 })
  tail.give(event('hello\nagain'))
  await until(() => follower.text().includes('again'))
  expect(follower.response.headers.get('content-type')).toContain('text/event-stream')
  expect(follower.response.headers.get('x-accel-buffering')).toBe('no')
  expect(follower.text().split('\n\n')).toEqual([
    'retry: 2000',
    'data: {"stream":"logs-app-default","event":{"message":"hello there"}}',
    'event: skipped\ndata: {"skipped":7}',
    'data: {"stream":"logs-app-default","event":{"message":"hello\\nagain"}}',
    '',
  ])
})

test('a parameter that there is none of is refused, and the right ones are named', async () => {
  const refused = await fetch(`${url}/api/tail?q=level:error`)
  expect(refused.status).toBe(400)
  expect(await refused.text()).toMatch(/no parameter .+q.+: it takes query .+ and index/)
  expect(tail.followers).toBe(0)
})

test('a sign of life while nothing comes', async () => {
  const follower = await follow()
  await until(() => clock.sleepers > 0)
  clock.advance(15_000)
  await until(() => follower.text().includes(': quiet'))
})

test('no more than so many, and a place is free again when one has gone', async () => {
  const first = await follow()
  await follow()
  await until(() => tail.followers === 2)
  const refused = await fetch(`${url}/api/tail`)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('5')
  expect(await refused.text()).toContain('store.max_followers')
  first.leave()
  await until(() => tail.followers === 1)
  expect((await follow()).response.status).toBe(200)
})

test.each([
  ['message:(', /column/],
  ['message:/a+/', /not followed live/],
])('a query that cannot be followed: %s', async (query, why) => {
  const response = await fetch(`${url}/api/tail?${new URLSearchParams({ query }).toString()}`)
  expect(response.status).toBe(400)
  expect(await response.text()).toMatch(why)
  expect(tail.followers).toBe(0)
})

test('everybody is let go when the port closes', async () => {
  const follower = await follow()
  await until(() => tail.followers === 1)
  ending.abort()
  await follower.ended
  expect(tail.followers).toBe(0)
})
