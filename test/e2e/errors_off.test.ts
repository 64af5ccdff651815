/** Error reports that are switched off after there were some: logs go on, and what was reported is not lost. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { weir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { errorsConfig, key } from '../faults/error_counts.ts'
import type { RunningWeir } from './running_weir.ts'
import { Weirs } from './weirs.ts'

const config = (enabled: boolean) => ({
  http: { listen: '127.0.0.1:0' },
  journal: { segment_size: '64KiB' },
  store: { enabled: false },
  collector: { inputs: [{ type: 'http' }], outputs: [{ type: 'null' }] },
  errors: { enabled, ...errorsConfig },
})

let weirs: Weirs
beforeAll(() => {
  weirs = new Weirs()
})
afterAll(() => weirs.end())

async function report({ url }: RunningWeir): Promise<number> {
  const event_id = randomBytes(16).toString('hex')
  const body = JSON.stringify({ event_id, exception: { values: [{ type: 'E' }] } })
  const answer = await fetch(`${url}/api/42/store/?sentry_key=${key}`, { method: 'POST', body })
  await answer.arrayBuffer()
  return answer.status
}

async function journal({ data }: RunningWeir) {
  const { code, stdout, stderr } = await weir(['journal', 'ls', '--json', '-d', data])
  expect(`${code} ${stderr}`).toBe('0 ')
  return JSON.parse(stdout) as {
    readers: { id: string; lag_events: number }[]
    partitions: { name: string; segments: number }[]
  }
}

test('switched off, the digest holds only the reports that it has not read', async () => {
  const before = await weirs.start(config(true))
  let sent = 0
  for (; sent < 200; sent++) expect(await report(before)).toBe(200)
  await before.kill()

  const off = await weirs.start(config(false))
  expect(await report(off)).toBe(404)
  for (let posts = 0; posts < 10; posts++) {
    const body = 'x'.repeat(1000).concat('\n').repeat(100)
    await fetch(`${off.url}/in/app`, { method: 'POST', body })
  }
  await waitFor('segments of logs to go', async () => {
    const { partitions } = await journal(off)
    return partitions.find(({ name }) => name === 'collector-0')?.segments === 1
  })
  const { readers } = await journal(off)
  const held = readers.find(({ id }) => id === 'errors.digest')?.lag_events ?? 0
  expect(held).toBeLessThanOrEqual(sent)
  const status = (await off.status()) as { errors?: { waiting_reports: number } }
  expect(status.errors?.waiting_reports ?? 0).toBe(held)
  expect(off.log('error reports are switched off')).toHaveLength(held > 0 ? 1 : 0)
  await off.kill()
  const checked = await weir(['check', '-c', off.configPath, '-d', off.data])
  expect(checked.stdout + checked.stderr).toContain('reports that are not digested yet wait')

  const again = await weirs.start(config(true))
  expect(await report(again)).toBe(200)
  const counted = async () => {
    const answer = await fetch(`${again.url}/api/0/projects/weir/shop/issues/?query=`)
    return ((await answer.json()) as { count: string }[]).map(({ count }) => Number(count))
  }
  await waitFor('all of them to be counted', async () => (await counted())[0] === sent + 1)
  await again.kill()
})
