import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Clock } from '../../../core/clock.ts'
import { createMetrics, Registry } from '../../../core/metrics.ts'
import { alertCalls } from '../../../errors/alerts/calls.ts'
import { makeAlerts, type ShownDelivery } from '../../../errors/alerts/part.ts'
import { errorsConfig } from '../../../errors/config.ts'
import type { CallWorld } from '../../../errors/digest/call.ts'
import type { ErrorsPart, ErrorsWorld } from '../../../errors/part.ts'
import { eventually } from '../../eventually.ts'
import { errorsDatabase, happen } from './database.ts'

/** The part over a database in memory and an HTTP server; what is killed leaves the database as it is. */

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: { id: string; headline: string; may_be_repeat?: boolean; text?: string }
}

let server: Server
let url: string
let received: Received[]
let answer: (response: ServerResponse, count: number) => void
let database: DatabaseSync
let nowMs: number
let parts: ErrorsPart[]

beforeEach(async () => {
  received = []
  parts = []
  nowMs = 1_770_000_000_000
  answer = (response) => response.end('ok')
  database = errorsDatabase()
  server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body: JSON.parse(body) as Received['body'] })
      answer(response, received.length)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})
afterEach(async () => {
  for (const part of parts) await part.stop(AbortSignal.abort())
  server.closeAllConnections()
  server.close()
})

interface Faults {
  /** Called before and after each call of the digest thread. */
  readonly onCall?: (name: string, when: 'before' | 'after') => void
}

async function startAlerts(config: object = {}, { onCall }: Faults = {}): Promise<ErrorsPart> {
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => performance.now(),
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, 5)
        signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
      }),
  }
  const context = {
    id: 'errors.alerts',
    clock,
    log: pino({ level: 'silent' }),
    metrics: createMetrics(new Registry()),
    random: () => 1,
    count: () => {},
    dataFolder: '/nowhere',
  }
  const change: CallWorld['change'] = (work) => {
    database.exec('begin immediate')
    try {
      const made = work()
      database.exec('commit')
      return made
    } catch (failure) {
      database.exec('rollback')
      throw failure
    }
  }
  const world = {
    folder: '/nowhere',
    randomBytes,
    contextOf: () => context,
    baseUrl: () => 'https://weir.example.com',
    files: { size: async () => 1 },
    projects: { all: async () => [{ id: 1, slug: 'shop' }] },
    digest: {
      call: async (name: string, params: unknown) => {
        onCall?.(name, 'before')
        const copied = structuredClone(params) as never
        const made = await alertCalls[name]!(copied, { database, context, change } as never)
        onCall?.(name, 'after')
        return structuredClone(made)
      },
    },
  } as unknown as ErrorsWorld
  const whole = errorsConfig.parse({
    channels: [{ type: 'webhook', url, allow_private: true }],
    alerts: [{ when: 'new_issue', to: ['webhook'], max_per_hour: 1000 }],
    ...config,
  })
  const part = makeAlerts(whole, world)
  parts.push(part)
  await part.start()
  return part
}

const states = () =>
  database
    .prepare('select state, attempts, detail from alert_deliveries order by id')
    .all()
    .map(({ state, attempts, detail }) => [state, attempts, detail])

const progress = () => states().map(([state, attempts]) => [state, attempts])

test('what happened is told, and on record as told', async () => {
  database.exec(
    "insert into issues (id, project, number, type, level, status_changed_ms, first_seen_ms, last_seen_ms) values (7, 1, 42, 'error', 'error', 0, 0, 0)",
  )
  happen(database, { issue: 7, data: { title: 'TypeError: no', culprit: 'cart.js in pay' } })
  await startAlerts()
  await eventually(() => expect(states()).toEqual([['sent', 1, '200 ok']]))
  expect(received).toHaveLength(1)
  expect(received[0]!.body).toMatchObject({
    rule: 'rule-1',
    headline: '[shop] New issue: TypeError: no',
    count: 1,
    items: [
      {
        occasion: 'new_issue',
        project: 'shop',
        issue: 7,
        shortId: 'SHOP-1A',
        culprit: 'cart.js in pay',
        level: 'error',
        url: 'https://weir.example.com/organizations/weir/issues/7/',
      },
    ],
    may_be_repeat: false,
  })
})

test('what was delivered is listed with what it is about', async () => {
  const alerts = [{ when: ['new_issue', 'recovered_check_in', 'missed_check_in'], to: ['webhook'] }]
  const part = await startAlerts({ alerts })
  happen(
    database,
    { issue: 1 },
    { kind: 'recovered_check_in', data: { title: undefined, monitor: 'nightly', status: 'ok' } },
    { kind: 'missed_check_in', data: { title: undefined, monitor: 'hourly', status: 'timeout' } },
  )
  await eventually(() => expect(states()).toHaveLength(3))
  const listed: ShownDelivery[] = []
  for await (const item of part.operations!['alerts.ls']!({})) {
    listed.push(item as ShownDelivery)
  }
  expect(listed.map(({ headline }) => headline)).toEqual([
    'Timed out: hourly',
    'Recovered: nightly',
    'New issue: Error of 1',
  ])
})

test('a target that fails is tried again later, one that refuses is not', async () => {
  answer = (response, count) => {
    response.writeHead(count === 1 ? 503 : count === 2 ? 200 : 404).end(`answer ${count}`)
  }
  happen(database, { issue: 1 })
  await startAlerts()
  await eventually(() => expect(progress()).toEqual([['pending', 1]]))
  expect(received).toHaveLength(1)
  nowMs += 1000
  await eventually(() => expect(states()).toEqual([['sent', 2, '200 answer 2']]))
  expect(received[1]!.body.id).toBe(received[0]!.body.id)
  happen(database, { issue: 2 })
  await eventually(() => expect(states()[1]?.slice(0, 2)).toEqual(['failed', 1]))
  expect(String(states()[1]![2])).toContain('answers 404 answer 3')
})

test('what cannot be delivered for long is given up', async () => {
  answer = (response) => response.writeHead(500).end()
  happen(database, { issue: 1 })
  await startAlerts({ alerting: { give_up_after: '1h' } })
  await eventually(() => expect(progress()).toEqual([['pending', 1]]))
  nowMs += 3_600_000
  await eventually(() => expect(progress()).toEqual([['failed', 2]]))
  expect(String(states()[0]![2])).toContain('given up after 2 attempts')
})

test('killed before it was sent: it is sent once', async () => {
  happen(database, { issue: 1 })
  let isKilled = false
  await startAlerts(
    {},
    {
      onCall(name, when) {
        // Planned and put on record, and then nothing more of this run.
        if (name === 'alerts.next' && when === 'after') isKilled = true
        if (isKilled) throw new Error('killed')
      },
    },
  )
  await eventually(() => expect(progress()).toEqual([['sending', 1]]))
  expect(received).toEqual([])
  await startAlerts()
  await eventually(() => expect(progress()).toEqual([['sent', 2]]))
  expect(received).toHaveLength(1)
})

test('killed between sending and recording: a webhook gets the same id again, others are told', async () => {
  happen(database, { issue: 1 })
  let isKilled = false
  answer = (response) => {
    isKilled = true
    response.end('ok')
  }
  const config = {
    channels: [
      { type: 'webhook', url, allow_private: true },
      { type: 'slack', url, allow_private: true },
    ],
    alerts: [{ when: 'new_issue', to: ['webhook', 'slack'] }],
  }
  const onCall = () => {
    if (isKilled) throw new Error('killed')
  }
  await startAlerts(config, { onCall })
  await eventually(() => expect(received).toHaveLength(2))
  expect(progress()).toEqual([
    ['sending', 1],
    ['sending', 1],
  ])
  await startAlerts(config)
  await eventually(() =>
    expect(progress()).toEqual([
      ['sent', 2],
      ['sent', 2],
    ]),
  )
  expect(received).toHaveLength(4)
  const ids = received.flatMap(({ headers }) => headers['webhook-id'] ?? [])
  expect(ids).toHaveLength(2)
  expect(ids[1]).toBe(ids[0])
  const slack = received.filter(({ headers }) => headers['webhook-id'] === undefined)
  expect(JSON.stringify(slack.map(({ body }) => body)).match(/may be a repeat/g)).toHaveLength(1)
})

test('a call that fails loses no outcome, and no message is sent twice for it', async () => {
  happen(database, { issue: 1 }, { issue: 2 })
  let failures = 0
  await startAlerts(
    {},
    {
      onCall(name, when) {
        if (name === 'alerts.next' && when === 'before' && received.length > 0 && failures++ < 3) {
          throw new Error('the thread died')
        }
      },
    },
  )
  await eventually(() =>
    expect(progress()).toEqual([
      ['sent', 1],
      ['sent', 1],
    ]),
  )
  expect(received).toHaveLength(2)
})

test('a new config is followed, and a channel that is gone fails what is for it', async () => {
  const part = await startAlerts({ alerts: [] })
  answer = (response) => response.writeHead(503).end()
  await part.reload!(
    errorsConfig.parse({
      channels: [{ type: 'webhook', id: 'a', url, allow_private: true }],
      alerts: [{ when: 'new_issue', to: ['a'] }],
    }),
  )
  happen(database, { issue: 1 })
  await eventually(() => expect(progress()).toEqual([['pending', 1]]))
  await part.reload!(errorsConfig.parse({}))
  nowMs += 600_000
  await eventually(() => expect(progress()).toEqual([['failed', 2]]))
  expect(String(states()[0]![2])).toBe('there is no channel "a" any more')
})

test('a test of a channel says what the target said', async () => {
  const part = await startAlerts()
  const results: unknown[] = []
  for await (const said of part.operations!['alerts.test']!({ channel: 'webhook' })) {
    results.push(said)
  }
  expect(results).toEqual(['200 ok'])
  expect(received[0]!.body).toMatchObject({ isTest: true, rule: 'test' })
  const unknown = async () => {
    for await (const _ of part.operations!['alerts.test']!({ channel: 'x' })) break
  }
  await expect(unknown()).rejects.toThrow('no channel "x": there are webhook')
  await eventually(async () => {
    expect(await part.status!()).toMatchObject({ rules: 1, channels: 1, deliveries: {} })
  })
})
