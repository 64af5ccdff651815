/** What senders hear when the journal is full. */
import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { RunningWeir } from './running_weir.ts'

test('the body that finds the journal full gets 503 in time, and is not taken', async () => {
  const folder = newFolder()
  const served = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    journal: { max_disk: '200KB' },
    collector: {
      inputs: [{ type: 'http', journal_timeout: '1s' }],
      outputs: [{ type: 'elasticsearch', match: '**', hosts: ['http://127.0.0.1:1'] }],
    },
  })
  onTestFinished(async () => {
    await served.kill()
    rmSync(folder, { recursive: true })
  })
  const post = async (n: number) => {
    const body = JSON.stringify({ n, pad: 'x'.repeat(20_000) })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${served.url}/in/test`, { method: 'POST', headers, body })
    const retryAfter = answer.headers.get('retry-after')
    return { status: answer.status, retryAfter, text: await answer.text() }
  }
  let taken = 0
  let answer = await post(taken)
  for (; answer.status === 200; answer = await post(taken)) taken += 1
  expect(answer).toMatchObject({ status: 503, retryAfter: '5' })
  expect(JSON.parse(answer.text)).toMatchObject({ accepted: 0, errors: [{ line: 1 }] })
  expect(answer.text).toContain('journal_timeout')
  expect(await post(taken)).toMatchObject({ status: 503, text: expect.stringContaining('paused') })
  served.process.child.kill('SIGTERM')
  expect((await served.process.ended).code).toBe(0)
  const { stdout } = await weir(['journal', 'cat', '-d', served.data])
  const numbers = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => Number(/"n":(\d+)/.exec(line)?.[1]))
  expect(numbers).toEqual(Array.from({ length: taken }, (_, n) => n))
})
