/** A report that was answered with 200 is in the journal, however Weir ends. */
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { weir } from '../commands/weir.ts'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { key, shopConfig } from './error_counts.ts'

let weirs: Weirs
beforeAll(() => {
  weirs = new Weirs()
})
afterAll(() => weirs.end())

const frames = Array.from({ length: 30 }, (_, line) => ({
  filename: `app/file_${line}.js`,
  function: `function_${line}`,
  lineno: line,
  context_line: 'const result = await order.process(request)',
}))

/** Posts events, each with an attachment now and then, until Weir is gone. */
async function sendUntilGone(url: string, acknowledged: Set<string>): Promise<void> {
  for (let sent = 0; ; sent++) {
    const id = randomBytes(16).toString('hex')
    const event = JSON.stringify({ exception: { values: [{ type: 'E', stacktrace: { frames } }] } })
    const attachment = sent % 10 === 0 ? `{"type":"attachment","filename":"a"}\n${id}\n` : ''
    const body = gzipSync(`{"event_id":"${id}"}\n{"type":"event"}\n${event}\n${attachment}`)
    try {
      const headers = { 'content-encoding': 'gzip' }
      const answer = await fetch(url, { method: 'POST', body, headers })
      await answer.arrayBuffer()
      if (answer.status === 200) acknowledged.add(id)
    } catch {
      return
    }
  }
}

test('kill -9 amid a flood of reports loses none that was acknowledged', async () => {
  for (const reports of [10, 200, 1_000]) {
    const acknowledged = new Set<string>()
    const running = await weirs.start(shopConfig)
    const url = `${running.url}/api/42/envelope/?sentry_key=${key}`
    const senders = Array.from({ length: 8 }, () => sendUntilGone(url, acknowledged))
    await waitFor('enough reports to be acknowledged', () => acknowledged.size >= reports)
    await running.kill()
    await Promise.all(senders)
    const { code, stdout } = await weir(['journal', 'cat', '-d', running.data])
    expect(code).toBe(0)
    const found = new Map<string, number>()
    for (const line of stdout.split('\n')) {
      if (!line.includes('"kind":"event"')) continue
      const { event_id: id } = JSON.parse(line) as { event_id: string }
      found.set(id, (found.get(id) ?? 0) + 1)
    }
    expect([...acknowledged].filter((id) => found.get(id) !== 1)).toEqual([])
  }
})
