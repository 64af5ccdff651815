import { expect, test } from 'vitest'
import type { Clock } from '../../core/clock.ts'
import { SteadyTime } from '../../core/steady_time.ts'

const hour = 3_600_000
const day = 24 * hour
const year = 365 * day

function setUp(knownMs = 0) {
  const state = { wallMs: 0, monotonicMs: 0 }
  const clock: Clock = {
    now: () => state.wallMs,
    monotonic: () => state.monotonicMs,
    sleep: () => Promise.resolve(),
  }
  const jumps: number[] = []
  const time = new SteadyTime(clock, knownMs, hour, (jump) => jumps.push(jump))
  const pass = (ms: number) => {
    state.wallMs += ms
    state.monotonicMs += ms
    return time.now()
  }
  const jump = (ms: number) => (state.wallMs += ms)
  return { time, jumps, pass, jump }
}

test('time that passes is time', () => {
  const { jumps, pass } = setUp()
  expect([pass(hour), pass(day), pass(year)]).toEqual([hour, hour + day, hour + day + year])
  expect(jumps).toEqual([])
})

test('a clock set ahead is not believed for a while, and told once', () => {
  const { time, jumps, pass, jump } = setUp()
  pass(hour)
  jump(10 * year)
  expect(time.now()).toBe(hour)
  expect(pass(hour / 2)).toBe(1.5 * hour)
  expect(jumps).toEqual([10 * year])
  expect(pass(hour / 2)).toBe(10 * year + 2 * hour)
  expect(pass(hour)).toBe(10 * year + 3 * hour)
  expect(jumps).toHaveLength(1)
})

test('one that is set right in time has done nothing', () => {
  const { time, jumps, pass, jump } = setUp()
  jump(year)
  expect(time.now()).toBe(0)
  jump(-year)
  expect(pass(2 * hour)).toBe(2 * hour)
  jump(year)
  expect(time.now()).toBe(2 * hour)
  expect(jumps).toHaveLength(2)
})

test('back, and a little ahead, it may go at once', () => {
  const { time, jumps, pass, jump } = setUp()
  pass(year)
  jump(-day)
  expect(time.now()).toBe(year - day)
  jump(hour)
  expect(time.now()).toBe(year - day + hour)
  expect(jumps).toEqual([])
})

test('a start long after the last one is a jump too', () => {
  const { jumps, pass, jump } = setUp(0)
  jump(30 * day)
  expect(pass(0)).toBe(0)
  expect(jumps).toEqual([30 * day])
  expect(pass(hour)).toBe(30 * day + hour)
})
