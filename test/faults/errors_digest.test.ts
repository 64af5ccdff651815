/** Whenever Weir is killed, each report becomes part of its issue once, and a line of the journal once. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { weir } from '../commands/weir.ts'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { counts, digestedAll, key, shopConfig, sum } from './error_counts.ts'

const config = (logs: string) => ({
  ...shopConfig,
  // Takes all logs, and nothing of errors.
  collector: {
    outputs: [
      { type: 'store', match: '**' },
      { type: 'file', match: '**', path: logs },
    ],
  },
})

let weirs: Weirs
beforeAll(() => {
  weirs = new Weirs()
})
afterAll(() => weirs.end())

/** Posts events of twenty kinds, some of them twice, until Weir is gone. */
async function sendUntilGone(url: string, acknowledged: Set<string>): Promise<void> {
  for (let sent = 0; ; sent++) {
    const event_id = randomBytes(16).toString('hex')
    const body = JSON.stringify({ event_id, exception: { values: [{ type: `E${sent % 20}` }] } })
    try {
      for (let times = 0; times <= (sent % 10 === 0 ? 1 : 0); times++) {
        const answer = await fetch(url, { method: 'POST', body })
        await answer.arrayBuffer()
        if (answer.status === 200) acknowledged.add(event_id)
      }
    } catch {
      return
    }
  }
}

/** Ids of the journal's lines of digested events, as often as they are there. */
async function digestedInJournal(data: string): Promise<string[]> {
  const { code, stdout } = await weir(['journal', 'cat', '-d', data])
  expect(code).toBe(0)
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  const read = lines.map(
    (line) => JSON.parse(line) as { event_id?: string; event?: { id?: string } },
  )
  // Reports have an id of their own; those that were digested may be gone.
  return read.flatMap(({ event_id: id, event }) =>
    id === undefined && event?.id !== undefined ? [event.id] : [],
  )
}

test('kill -9 between any two steps from the journal to the issue: each event counts once', async () => {
  const acknowledged = new Set<string>()
  let data = ''
  const logs = join(weirs.folder, 'logs.ndjson')
  for (const reports of [100, 700, 1500, 2000]) {
    const running = await weirs.start(config(logs))
    data = running.data
    const url = `${running.url}/api/42/store/?sentry_key=${key}&sentry_version=7`
    const senders = Array.from({ length: 6 }, () => sendUntilGone(url, acknowledged))
    await waitFor('enough reports to be acknowledged', () => acknowledged.size >= reports)
    await running.kill()
    await Promise.all(senders)
  }
  const running = await weirs.start(config(logs))
  await digestedAll(running)
  const issues = await counts(running)
  await running.kill()
  // Before the store has read it: then it may be gone.
  const digested = await digestedInJournal(data)
  const unique = new Set(digested)
  for (const id of acknowledged) expect(unique.has(id)).toBe(true)
  expect(issues).toHaveLength(20)
  expect(sum(issues)).toBe(unique.size)
  expect(digested.length).toBe(unique.size)
  const again = await weirs.start(config(logs))
  const found = async () => {
    const answer = await fetch(`${again.url}/es/errors-shop-*/_count`)
    return ((await answer.json()) as { count: number }).count
  }
  await waitFor('the store to have them', async () => (await found()) >= unique.size)
  expect(await found()).toBe(unique.size)
  await again.kill()
  expect(existsSync(logs) ? readFileSync(logs, 'utf8') : '').toBe('')
})
