import { describe, expect, it } from 'vitest'
import { parseRetention } from '../../store/retention_steps.ts'

describe("Graphite's retentions", () => {
  it.each([
    [
      '10s:6h,1m:6d',
      [
        [10_000, 21_600_000],
        [60_000, 518_400_000],
      ],
    ],
    ['60:1440', [[60_000, 86_400_000]]],
    [
      '1min:6days, 10s:6hours',
      [
        [10_000, 21_600_000],
        [60_000, 518_400_000],
      ],
    ],
    ['1h:3y', [[3_600_000, 94_608_000_000]]],
  ])('%s', (text, expected) => {
    expect(parseRetention(text).map(({ stepMs, keepMs }) => [stepMs, keepMs])).toEqual(expected)
  })

  it.each([
    ['10s', 'is no retention'],
    ['10s:6h,10s:1d', 'the same step'],
    ['10s:6h,25s:1d', 'no multiple'],
    ['10s:1d,1m:6h', 'kept longer'],
    ['10s:30s,1m:6h', 'too few points'],
    ['0s:1d', 'keeps no point'],
  ])('%s: %s', (text, why) => {
    expect(() => parseRetention(text)).toThrow(why)
  })
})
