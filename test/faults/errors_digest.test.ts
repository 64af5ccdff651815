/** Whenever Weir is killed, each report becomes part of its issue once, and a line of the journal once. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { RunningWeir } from '../e2e/running_weir.ts'
import { waitFor } from '../peers/process.ts'

const key = 'a'.repeat(32)
const config = (logs: string) => ({
  http: { listen: '127.0.0.1:0' },
  // Takes all logs, and nothing of errors.
  collector: {
    outputs: [
      { type: 'store', match: '**' },
      { type: 'file', match: '**', path: logs },
    ],
  },
  errors: { projects: { shop: { id: 42, keys: [key] } } },
})

let folder: string
beforeAll(() => {
  folder = newFolder()
})
afterAll(() => rmSync(folder, { recursive: true }))

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

interface Issue {
  readonly title: string
  readonly count: string
}

/** Ids of the journal's lines, as often as they are there: of reports, and of what was made of them. */
async function idsInJournal(data: string): Promise<{ reported: string[]; digested: string[] }> {
  const { code, stdout } = await weir(['journal', 'cat', '-d', data])
  expect(code).toBe(0)
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  const read = lines.map(
    (line) => JSON.parse(line) as { event_id?: string; event?: { id?: string } },
  )
  return {
    reported: read.flatMap(({ event_id: id }) => (id === undefined ? [] : [id])),
    digested: read.flatMap(({ event_id: id, event }) =>
      id === undefined && event?.id !== undefined ? [event.id] : [],
    ),
  }
}

test('kill -9 between any two steps from the journal to the issue: each event counts once', async () => {
  const acknowledged = new Set<string>()
  let data = ''
  const logs = join(folder, 'logs.ndjson')
  for (const reports of [100, 700, 1500, 2000]) {
    const running = await RunningWeir.start(folder, config(logs))
    data = running.data
    const url = `${running.url}/api/42/store/?sentry_key=${key}&sentry_version=7`
    const senders = Array.from({ length: 6 }, () => sendUntilGone(url, acknowledged))
    await waitFor('enough reports to be acknowledged', () => acknowledged.size >= reports)
    await running.kill()
    await Promise.all(senders)
  }
  const running = await RunningWeir.start(folder, config(logs))
  const issues = async () =>
    (await (
      await fetch(`${running.url}/api/0/projects/weir/shop/issues/?query=&limit=100`)
    ).json()) as Issue[]
  const total = (list: readonly Issue[]) => list.reduce((sum, { count }) => sum + Number(count), 0)
  const status = async () =>
    (await (await fetch(`${running.url}/api/status`)).json()) as {
      errors: { digest: { waiting_reports: number; outbox: number } }
    }
  await waitFor('everything to be digested', async () => {
    const { digest } = (await status()).errors
    return digest.waiting_reports === 0 && digest.outbox === 0
  })
  const list = await issues()
  await running.kill()
  // Before the store has read it: then it may be gone.
  const { reported, digested } = await idsInJournal(data)
  const unique = new Set(reported)
  for (const id of acknowledged) expect(unique.has(id)).toBe(true)
  expect(list).toHaveLength(20)
  expect(total(list)).toBe(unique.size)
  expect(digested.length).toBe(unique.size)
  expect(new Set(digested).size).toBe(unique.size)
  const again = await RunningWeir.start(folder, config(logs))
  const found = async () => {
    const answer = await fetch(`${again.url}/es/errors-shop-*/_count`)
    return ((await answer.json()) as { count: number }).count
  }
  await waitFor('the store to have them', async () => (await found()) >= unique.size)
  expect(await found()).toBe(unique.size)
  await again.kill()
  expect(existsSync(logs) ? readFileSync(logs, 'utf8') : '').toBe('')
})
