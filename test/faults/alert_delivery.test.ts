/** Killed amid alerts: each thing is told, and a repeat is known by its id. */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunningWeir } from '../e2e/running_weir.ts'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { errorsConfig, key } from './error_counts.ts'

interface Received {
  readonly id: string
  readonly bodyId: string
  readonly issue: number
}

let weirs: Weirs
let server: Server
let received: Received[]
/** What is done before an answer is given. */
let onReceived: (response: ServerResponse) => Promise<void>
beforeEach(async () => {
  weirs = new Weirs()
  received = []
  onReceived = async () => {}
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.parse(await text(request)) as { id: string; items: { issue: number }[] }
    const id = String(request.headers['webhook-id'])
    for (const { issue } of body.items) received.push({ id, bodyId: body.id, issue })
    await onReceived(response)
    if (!response.destroyed) response.writeHead(200).end('ok')
  }
  server = createServer((request, response) => void answer(request, response)).listen(0)
  await once(server, 'listening')
})
afterEach(async () => {
  await weirs.end()
  server.closeAllConnections()
  server.close()
})

const config = () => ({
  http: { listen: '127.0.0.1:0' },
  errors: {
    ...errorsConfig,
    channels: [
      {
        type: 'webhook',
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        allow_private: true,
      },
    ],
    alerts: [{ when: 'new_issue', to: ['webhook'], max_per_hour: 1000 }],
  },
})

async function reportIssues(weir: RunningWeir, from: number, to: number): Promise<void> {
  for (let issue = from; issue < to; issue++) {
    const event_id = randomBytes(16).toString('hex')
    const body = JSON.stringify({ event_id, exception: { values: [{ type: `Issue${issue}` }] } })
    const url = `${weir.url}/api/42/store/?sentry_key=${key}`
    const answer = await fetch(url, { method: 'POST', body })
    await answer.arrayBuffer()
    expect(answer.status).toBe(200)
  }
}

const told = () => new Set(received.map(({ issue }) => issue)).size

test('kill -9 before, amid and after deliveries: each new issue is told, repeats have the same id', async () => {
  const kills = 5
  const each = 8
  for (let kill = 0; kill < kills; kill++) {
    const weir = await weirs.start(config())
    const before = received.length
    // By turns while nobody has answered, once some are answered, and at once.
    const ended = Promise.withResolvers<void>()
    const kindOf = kill % 3
    onReceived = async () => {
      if (kindOf === 0) await ended.promise
      if (kindOf === 1 && received.length >= before + 5) await ended.promise
    }
    await reportIssues(weir, kill * each, (kill + 1) * each)
    if (kindOf < 2)
      await waitFor('some to be told', () => received.length >= before + (kindOf === 0 ? 1 : 5))
    await weir.kill()
    ended.resolve()
  }
  onReceived = async () => {}
  const weir = await weirs.start(config())
  await waitFor('all to be told', () => told() >= kills * each)
  await waitFor('nothing to be left', async () => {
    const { errors } = (await weir.status()) as unknown as {
      errors: { alerts: Record<string, unknown> }
    }
    return JSON.stringify(errors.alerts).includes(`"sent":${kills * each}`)
  })
  await weir.kill()

  const ids = new Map<number, Set<string>>()
  for (const { id, bodyId, issue } of received) {
    expect(bodyId).toBe(id)
    ids.set(issue, (ids.get(issue) ?? new Set()).add(id))
  }
  expect(ids.size).toBe(kills * each)
  expect([...ids.values()].filter((known) => known.size !== 1)).toEqual([])
  const repeats = received.length - kills * each
  console.log(`${received.length} deliveries of ${kills * each} alerts`)
  // What was under way when it was killed, at most eight at once.
  expect(repeats).toBeLessThanOrEqual(kills * 8)
})
