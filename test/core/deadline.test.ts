import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { within } from '../../core/deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Work that ends when its deadline fires, with what that says. */
const forEver = (deadline: AbortSignal) =>
  new Promise<unknown>((resolve) => {
    deadline.addEventListener('abort', () => resolve(deadline.reason))
  })

test('the deadline fires when the time is over', async () => {
  const ended = within(1000, new AbortController().signal, forEver)
  vi.advanceTimersByTime(1000)
  expect(await ended).toMatchObject({ name: 'TimeoutError' })
})

test('the deadline fires with the signal, for its reason', async () => {
  const given = new AbortController()
  const ended = within(1000, given.signal, forEver)
  given.abort('stopped')
  expect(await ended).toBe('stopped')
  const { aborted } = await within(1000, given.signal, async (deadline) => deadline)
  expect(aborted).toBe(true)
})

test.each([
  ['done', async () => 'done'],
  ['failed', () => Promise.reject(new Error('failed'))],
])('nothing is left of work that is %s', async (_, work) => {
  const { signal } = new AbortController()
  await within(1000, signal, work).catch(() => undefined)
  expect(vi.getTimerCount()).toBe(0)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
