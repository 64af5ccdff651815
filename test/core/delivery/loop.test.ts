import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { DeadLetters } from '../../../core/delivery/dead_letters.ts'
import { DeliveryLoop } from '../../../core/delivery/loop.ts'
import {
  type Delivery,
  type Output,
  PartialDelivery,
  type Rejected,
} from '../../../core/delivery/output.ts'
import { PermanentError, RetryableError, TooLargeError } from '../../../core/errors.ts'
import { systemFiles } from '../../../core/files.ts'
import { eventsOf } from '../../../core/journal/chunk.ts'
import type { Read, Reader, ReadLimits } from '../../../core/journal/reader.ts'
import { chunkOf, fakeContext, stillClock } from '../../collector/fake_world.ts'
import { eventually } from '../../eventually.ts'
import { temporaryFolder } from '../../temporary_folder.ts'

type Answer = readonly Rejected[] | Error

/** Runs the loop over one chunk of `messages` against an output that answers as scripted, then accepts. */
async function deliver(
  messages: readonly string[],
  answers: Answer[],
  mayBeKnown = false,
  batchBytes = 1e6,
  more: readonly string[] = [],
) {
  const written: { messages: string[]; mayBeKnown: boolean }[] = []
  const writtenAt: number[] = []
  const output: Output = {
    start: async () => undefined,
    stop: async () => undefined,
    check: async () => [],
    status: () => ({}),
    async write({ chunk, mayBeKnown: known }: Delivery) {
      const texts = [...eventsOf(chunk)].map(({ start, end }) => {
        return (JSON.parse(chunk.bytes.toString('utf8', start, end)) as { message: string }).message
      })
      written.push({ messages: texts, mayBeKnown: known })
      writtenAt.push(clock.monotonic())
      const answer = answers.shift() ?? []
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const done = vi.fn()
  const read: Read = {
    chunk: chunkOf(messages),
    mayBeKnown,
    reserve: () => Promise.resolve(),
    done,
  }
  const reads = [read, ...(more.length > 0 ? [{ ...read, chunk: chunkOf(more, 100) }] : [])]
  const wanted = reads.length
  const ages: number[] = []
  const reader = {
    id: 'test',
    read: async ({ ageMs }: ReadLimits, signal: AbortSignal) => {
      ages.push(ageMs)
      if (reads.length < wanted) await eventually(() => expect(written.length).toBeGreaterThan(0))
      const next = reads.shift()
      if (next) return next
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      return undefined
    },
    lag: () => ({ bytes: 0, events: done.mock.calls.length > 0 ? 0 : 1, seconds: 0 }),
    wake: () => undefined,
  } as unknown as Reader
  const clock = stillClock()
  const context = fakeContext(clock)
  const dead = new DeadLetters(folder, 'test', { files: systemFiles, clock }, 1e6)
  const settings = {
    batchBytes,
    batchAgeMs: 10,
    concurrency: 2,
    timeoutMs: 1000,
    retryMaxWaitMs: 30_000,
  }
  const loop = new DeliveryLoop(output, reader, dead, settings, context)
  await loop.start()
  await eventually(() => expect(done).toHaveBeenCalledTimes(wanted))
  await loop.stop(AbortSignal.timeout(5000))
  return {
    written,
    writtenAt,
    context,
    clock,
    ages,
    letters: await dead.list(),
    status: loop.status(),
  }
}

let folder: string
beforeEach(async () => {
  folder = await temporaryFolder('delivery')
})

const refusal = (index: number): Rejected => ({
  index,
  reason: 'target_refused',
  detail: '400 mapper_parsing_exception: no',
  target: 'logs-test-default',
})

test('what is refused for good is in the dead letters before the cursor moves', async () => {
  const { letters, context } = await deliver(['a', 'b'], [[refusal(1)]])
  expect(letters).toMatchObject([
    { id: '01J00000000000000000000000-1', reason: 'target_refused', tag: 'test' },
  ])
  expect(JSON.parse(letters[0]!.event)).toMatchObject({ message: 'b' })
  expect(context.counted.get('target_refused')).toBe(1)
  expect(await readFile(join(folder, 'test.ndjson'), 'utf8')).toContain('mapper_parsing_exception')
})

test('only what remains is sent again', async () => {
  const partial = new PartialDelivery('429', {
    remaining: [1],
    rejected: [refusal(2)],
    fateUnknown: false,
  })
  const { written, letters, status } = await deliver(['a', 'b', 'c'], [partial], true)
  expect(status['delivered_events']).toBe(2)
  expect(written).toEqual([
    { messages: ['a', 'b', 'c'], mayBeKnown: true },
    { messages: ['b'], mayBeKnown: true },
  ])
  expect(letters.map(({ id }) => id)).toEqual(['01J00000000000000000000000-2'])
})

test('after a request of unknown fate the events may be known to the target', async () => {
  const reset = new RetryableError('WEIR_OUTPUT_UNAVAILABLE', 'reset', { fateUnknown: true })
  const refused = new RetryableError('WEIR_OUTPUT_UNAVAILABLE', 'connection refused')
  const { written } = await deliver(['a'], [refused, reset, refused])
  expect(written.map(({ mayBeKnown }) => mayBeKnown)).toEqual([false, false, true, true])
})

test('a refusal for now says nothing of an earlier request of unknown fate', async () => {
  const reset = new RetryableError('WEIR_OUTPUT_UNAVAILABLE', 'reset', { fateUnknown: true })
  const busy = (remaining: number[]) =>
    new PartialDelivery('429', { remaining, rejected: [], fateUnknown: false })
  const { written } = await deliver(['a', 'b'], [busy([0, 1]), reset, busy([0, 1]), busy([1])])
  expect(written.map(({ mayBeKnown }) => mayBeKnown)).toEqual([false, false, true, true, true])
})

test('a whole request refused is kept and tried again', async () => {
  const { written } = await deliver(['a'], [new PermanentError('WEIR_OUTPUT_REFUSED', '401')])
  expect(written).toHaveLength(2)
})

test('Retry-After is waited for', async () => {
  const busy = new RetryableError('WEIR_OUTPUT_UNAVAILABLE', '429', { retryAfterMs: 7000 })
  const { clock } = await deliver(['a'], [busy])
  expect(clock.slept.reduce((sum, ms) => sum + ms)).toBeGreaterThanOrEqual(7000)
})

test('Retry-After holds for every request to the target, not only for the one that was told', async () => {
  const busy = new RetryableError('WEIR_OUTPUT_UNAVAILABLE', '429', { retryAfterMs: 7000 })
  const { written, writtenAt } = await deliver(['a'], [busy], false, 1e6, ['b'])
  expect(written).toHaveLength(3)
  expect(Math.min(...writtenAt.slice(1))).toBeGreaterThanOrEqual(7000)
})

test('a request too large is sent in halves, and an event too large alone is a dead letter', async () => {
  const tooLarge = () => new TooLargeError('WEIR_OUTPUT_TOO_LARGE', '413')
  const { written, letters } = await deliver(['a', 'b', 'c'], [tooLarge(), tooLarge(), tooLarge()])
  expect(written.map(({ messages }) => messages.join(''))).toEqual(['abc', 'ab', 'a', 'b', 'c'])
  expect(letters).toMatchObject([{ reason: 'too_large_for_target' }])
})

test('what is behind a full chunk waits less for others than what is behind a small one', async () => {
  const small = await deliver(['a'], [])
  expect(small.ages.slice(0, 2)).toEqual([10, 10])
  const full = await deliver(['a'], [], false, 20)
  expect(full.ages.slice(0, 2)).toEqual([10, 1])
})
