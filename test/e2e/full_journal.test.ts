/** What senders hear when the journal is full. */
import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { RunningWeir } from './running_weir.ts'

/** A Weir whose journal is small and whose reader is held up, and a way to send it an event. */
async function givenSmall() {
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
  const post = async (n: number, bytes = 20_000) => {
    const body = JSON.stringify({ n, pad: 'x'.repeat(bytes) })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${served.url}/in/test`, { method: 'POST', headers, body })
    const retryAfter = answer.headers.get('retry-after')
    return { status: answer.status, retryAfter, text: await answer.text() }
  }
  return { served, post }
}

test('a body of more than half of the journal gets 503 while it is full, and is no event taken in', async () => {
  const { served, post } = await givenSmall()
  expect(await post(1, 130_000)).toMatchObject({ status: 200 })
  expect(await post(2, 130_000)).toMatchObject({ status: 503, retryAfter: '5' })
  expect(await post(3, 230_000)).toMatchObject({ status: 503 })
  const { inputs } = (await served.status()) as unknown as { inputs: { events: number }[] }
  expect(inputs.map(({ events }) => events)).toEqual([1])
})

test('the body that finds the journal full gets 503 in time, and is not taken', async () => {
  const { served, post } = await givenSmall()
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
