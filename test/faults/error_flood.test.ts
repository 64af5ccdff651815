/**
 * A flood, killed twice amid it: whoever was not answered sends again, and in the end each event counts once.
 * FAULT_EVENTS says of how many events: 100000 is the long one.
 */
import { hash } from 'node:crypto'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningWeir } from '../e2e/running_weir.ts'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { counts, digestedAll, key, shopConfig, sum } from './error_counts.ts'

const events = Number(process.env['FAULT_EVENTS'] ?? 5_000)
const issues = 50
const connections = 16
/** A long flood takes its time to be digested. */
const patienceMs = 60_000 + events * 5

let weirs: Weirs
beforeAll(() => {
  weirs = new Weirs()
})
afterAll(() => weirs.end())

const frames = Array.from({ length: 30 }, (_, line) => ({
  filename: `shop/file_${line}.py`,
  function: `function_${line}`,
  lineno: line,
  context_line: '    result = order.process(request)',
  in_app: true,
}))

function envelopeOf(event: number): Buffer {
  const event_id = hash('md5', `event ${event}`)
  const exception = { values: [{ type: `E${event % issues}`, stacktrace: { frames } }] }
  const item = JSON.stringify({ event_id, platform: 'python', exception, user: { id: `${event}` } })
  return gzipSync(`{"event_id":"${event_id}"}\n{"type":"event"}\n${item}\n`, { level: 1 })
}

/** Sends what is `due` until all of it is answered or nobody answers any more. */
async function flood(weir: RunningWeir, due: Set<number>, stopAt = 0): Promise<void> {
  const url = `${weir.url}/api/42/envelope/?sentry_key=${key}`
  const waiting = [...due]
  let isGone = false
  const sender = async () => {
    for (let event = waiting.pop(); event !== undefined && !isGone; event = waiting.pop()) {
      try {
        const headers = { 'content-encoding': 'gzip' }
        const answer = await fetch(url, { method: 'POST', body: envelopeOf(event), headers })
        await answer.arrayBuffer()
        // Busy: as SDKs that keep what was refused, it comes again.
        if (answer.status === 200) due.delete(event)
        else waiting.unshift(event)
      } catch {
        isGone = true
      }
      if (due.size <= stopAt && !isGone) {
        isGone = true
        weir.process.child.kill('SIGKILL')
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, sender))
}

test(`${events} events, killed twice amid them: the count is exact`, async () => {
  const due = new Set(Array.from({ length: events }, (_, event) => event))
  for (const share of [2 / 3, 1 / 3]) {
    const weir = await weirs.start(shopConfig)
    await flood(weir, due, Math.floor(events * share))
    await weir.process.ended
  }
  const weir = await weirs.start(shopConfig)
  await flood(weir, due, -1)
  expect(due.size).toBe(0)
  await digestedAll(weir, patienceMs)
  const all = await counts(weir)
  expect(all).toHaveLength(issues)
  expect(sum(all)).toBe(events)
  const stored = async () => {
    const answer = await fetch(`${weir.url}/es/errors-shop-*/_count`)
    return ((await answer.json()) as { count: number }).count
  }
  await waitFor('the store to have them', async () => (await stored()) >= events, patienceMs)
  expect(await stored()).toBe(events)
  await weir.kill()
})
