import { expect, test } from 'vitest'
import { FlushClock } from '../../../statsd/receive/flush_clock.ts'

/** A clock whose sleeps pass at once, a little late or early as `late` says. */
const clockFrom = (wallMs: number, late: () => number = () => 0) => {
  const time = { wallMs, monotonicMs: 5000, stepMs: 0 }
  return {
    time,
    now: () => time.wallMs,
    monotonic: () => time.monotonicMs,
    sleep: async (ms: number) => {
      const passed = ms + late()
      time.monotonicMs += passed
      time.wallMs += passed + time.stepMs
      time.stepMs = 0
    },
  }
}

/** The times of the first ticks, on the wall clock and since the start. */
const ticks = async (
  clock: ReturnType<typeof clockFrom>,
  count: number,
  { align = false, onTick = (_tick: number) => {} } = {},
) => {
  const flushes = new FlushClock(clock, 10_000, align)
  const stopping = new AbortController()
  const found: { wall: number; since: number; intervals: number }[] = []
  await flushes.run((intervals) => {
    found.push({ wall: clock.now(), since: clock.monotonic() - 5000, intervals })
    onTick(found.length)
    if (found.length === count) stopping.abort()
  }, stopping.signal)
  return found
}

test('ticks are at the start and every interval; what one is late does not add up', async () => {
  let turn = 0
  const found = await ticks(
    clockFrom(123, () => [7, 0, 40, 3][turn++ % 4]!),
    4,
  )
  expect(found.map(({ since }) => since)).toEqual([10_007, 20_000, 30_040, 40_003])
  expect(found.map(({ intervals }) => intervals)).toEqual([1, 1, 1, 1])
})

test('a timer that fires early makes no second tick', async () => {
  let turn = 0
  const clock = clockFrom(0, () => (turn++ === 1 ? -0.5 : 0))
  expect((await ticks(clock, 3)).map(({ since }) => since)).toEqual([10_000, 19_999.5, 30_000])
})

test('a step of the wall clock does nothing to ticks from the start', async () => {
  const clock = clockFrom(1_000_000)
  const onTick = (tick: number) => (clock.time.stepMs = tick === 1 ? -3_600_000 : 500_000)
  const found = await ticks(clock, 4, { onTick })
  expect(found.map(({ since }) => since)).toEqual([10_000, 20_000, 30_000, 40_000])
})

test('aligned ticks are at multiples of the wall clock', async () => {
  let turn = 0
  const clock = clockFrom(1_003_000, () => [2, -1, 1][turn++ % 3]!)
  const found = await ticks(clock, 4, { align: true })
  expect(found.map(({ wall }) => Math.round(wall / 10_000) * 10_000)).toEqual([
    1_010_000, 1_020_000, 1_030_000, 1_040_000,
  ])
})

test('aligned ticks find their multiples again after a step', async () => {
  const clock = clockFrom(1_003_000)
  const onTick = (tick: number) => {
    if (tick === 1) clock.time.stepMs = 4000
  }
  const found = await ticks(clock, 4, { align: true, onTick })
  expect(found.slice(2).map(({ wall }) => wall % 10_000)).toEqual([0, 0])
  expect(found.every(({ intervals }) => intervals === 1)).toBe(true)
})

test('a thread that slept through intervals says how many', async () => {
  let turn = 0
  const clock = clockFrom(0, () => (turn++ === 1 ? 25_000 : 0))
  expect((await ticks(clock, 3)).map(({ intervals }) => intervals)).toEqual([1, 4, 1])
})
