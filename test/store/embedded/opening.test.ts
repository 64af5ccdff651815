import { pino } from 'pino'
import { expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { createMetrics, Registry } from '../../../core/metrics.ts'
import { Opening } from '../../../store/embedded/opening.ts'

const full = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })

/** Opens after so many failures; time passes at once. */
function opening(failures: readonly Error[]) {
  const rest = [...failures]
  const opened = Promise.withResolvers<void>()
  const context = {
    clock: { ...systemClock, sleep: () => Promise.resolve() },
    log: pino({ level: 'silent' }),
    metrics: createMetrics(new Registry()),
  }
  const open = async () => {
    const failure = rest.shift()
    if (failure) throw failure
    opened.resolve()
  }
  return { made: new Opening({ context, open }), opened: opened.promise }
}

test('a disk that works is not waited for', async () => {
  const { made } = opening([])
  await made.start()
  expect(made.trouble).toBe(null)
  await made.stop()
})

test('while the disk fails it is tried again, whatever else fails then', async () => {
  const { made, opened } = opening([full(), new Error('busy'), full()])
  await made.start()
  expect(made.trouble).toContain('no space left on device')
  await opened
  await made.stop()
  expect(made.trouble).toBe(null)
})

test('what is not the disk is told at the start', async () => {
  const { made } = opening([new Error('damaged')])
  await expect(made.start()).rejects.toThrow('damaged')
  await made.stop()
})

test('a stop ends the waiting', async () => {
  const { made } = opening(Array.from({ length: 1_000 }, full))
  await made.start()
  await made.stop()
  expect(made.trouble).toContain('no space')
})
