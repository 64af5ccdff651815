/** The thread that digests dies alone, as often as it likes: reports go on coming in, and each counts once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Weirs } from '../e2e/weirs.ts'
import { waitFor } from '../peers/process.ts'
import { counts, digestedAll, digestStatus, Reporter, shopConfig, sum } from './error_counts.ts'
import { inspected, ThreadEnds } from './thread_end.ts'

const deaths = 4

let weirs: Weirs
beforeAll(() => {
  weirs = new Weirs()
})
afterAll(() => weirs.end())

test('the digest thread ends amid a flood: counts are exact, and each event is in the store once', async () => {
  const running = await weirs.start(shopConfig, inspected)
  const reporter = new Reporter()
  const threads = await ThreadEnds.of(running)
  for (let death = 1; death <= deaths; death++) {
    await reporter.upTo(death * 300, running)
    const flood = reporter.upTo(death * 300 + 150, running)
    await threads.end('digest_thread.ts')
    await flood
    await waitFor('the next one', async () => {
      const next = await digestStatus(running)
      return next.restarts === death && next.running
    })
  }
  threads.close()
  await digestedAll(running)
  expect(reporter.refused).toEqual([])
  const all = await counts(running)
  expect(all).toHaveLength(20)
  expect(sum(all)).toBe(reporter.acknowledged.size)
  const stored = async () => {
    const answer = await fetch(`${running.url}/es/errors-shop-*/_count`)
    return ((await answer.json()) as { count: number }).count
  }
  await waitFor('the store', async () => (await stored()) >= reporter.acknowledged.size)
  expect(await stored()).toBe(reporter.acknowledged.size)
  expect(running.isAlive).toBe(true)
})
