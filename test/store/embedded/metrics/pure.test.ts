import { describe, expect, it } from 'vitest'
import { slowerCursor } from '../../../../store/embedded/slower_cursor.ts'
import { type Step, valueOf } from '../../../../store/embedded/metrics/figures.ts'
import { isGlob, parseGlob } from '../../../../store/name_glob.ts'
import { pointPlan } from '../../../../store/embedded/metrics/point_plan.ts'
import type { PointSegment } from '../../../../store/embedded/metrics/point_manifest.ts'
import {
  archiveFrom,
  keptFrom,
  RetentionRules,
} from '../../../../store/embedded/metrics/retention_rules.ts'
import { partOf, quantileOf } from '../../../../store/embedded/metrics/sketch.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

describe('a glob', () => {
  const fits = (glob: string, name: string) => {
    const parts = parseGlob(glob)
    const names = name.split('.')
    return parts.length === names.length && parts.every((part, place) => part.fits(names[place]!))
  }
  it.each([
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['a*c', 'abbc', true],
    ['a?', 'aé', true],
    ['a?', 'a😀', true],
    ['web[0-3]', 'web2', true],
    ['web[!0-3]', 'web2', false],
    ['{a,b}{1,2}', 'b2', true],
    ['{a,b}{1,2}', 'c1', false],
    ['a[', 'a[', true],
    ['a{b', 'a{b', true],
    ['a+(b)$', 'a+(b)$', true],
    ['', '', true],
  ])('%s over %s: %s', (glob, name, expected) => {
    expect(fits(glob, name)).toBe(expected)
  })

  it('takes no more than its length times that of the name', () => {
    expect(fits(`${'*a'.repeat(200)}b`, 'a'.repeat(4_000))).toBe(false)
    expect(() => parseGlob('{a,b}'.repeat(20))).toThrow('choices')
    expect(isGlob('a.b')).toBe(false)
  })
})

describe('retention', () => {
  const rules = new RetentionRules({
    retention: [
      { match: '^debug\\.', steps: '10s:1h' },
      { match: 'x$', steps: '1m:1d' },
    ],
  })
  it('is the first rule that fits the name, or the default', () => {
    expect(['debug.x', 'a.x;t=v', 'a'].map((each) => rules.ruleOf(each))).toEqual([0, 1, 2])
    expect(rules.only).toBeUndefined()
    expect(new RetentionRules({ retention: [{ match: '.*', steps: '1m:1d' }] }).only).toBe(0)
  })

  it('moves whole steps on, and reads from the finest archive that reaches back', () => {
    const archives = rules.archives[2]!
    expect(keptFrom(archives, 0, 10 * hourMs + 59_999)).toBe(4 * hourMs)
    expect(archiveFrom(archives, 10 * hourMs, 16 * hourMs).stepMs).toBe(10_000)
    expect(archiveFrom(archives, 10 * hourMs, 16 * hourMs + 1).stepMs).toBe(60_000)
    expect(archiveFrom(archives, 0, 9_999 * dayMs).stepMs).toBe(600_000)
  })

  it('is due once at each boundary', () => {
    const file = { maxMs: 100 * dayMs, checkedMs: 100 * dayMs }
    expect(rules.isDue(file, 100 * dayMs + hourMs)).toBe(false)
    const afterAnHour = 100 * dayMs + hourMs + 20_000
    expect(rules.isDue(file, afterAnHour)).toBe(true)
    expect(rules.isDue({ ...file, checkedMs: afterAnHour }, afterAnHour + hourMs)).toBe(false)
  })
})

describe('the plan', () => {
  const rules = new RetentionRules({ retention: [] })
  const nowMs = 1_000 * dayMs
  const file = (id: number, more: Partial<PointSegment> = {}): PointSegment => ({
    id,
    file: String(id),
    stepMs: 0,
    period: '1972-09-26',
    minMs: nowMs - hourMs,
    maxMs: nowMs - hourMs,
    rows: 1_000,
    bytes: 1,
    lastOrder: id,
    checkedMs: nowMs,
    rules: rules.id,
    ...more,
  })
  const planned = (segments: PointSegment[], fanIn = 4) =>
    pointPlan(segments, { rules, nowMs, fanIn, rowsMax: 100_000 })?.map(({ id }) => id)

  it('joins fresh files when they are many, or old', () => {
    const fresh = [1, 2, 3].map((id) => file(id, { period: undefined, maxMs: nowMs }))
    expect(planned(fresh)).toBeUndefined()
    expect(planned([...fresh, file(4, { period: undefined, maxMs: nowMs })])).toEqual([1, 2, 3, 4])
    expect(planned([file(1, { period: undefined, maxMs: nowMs - 2 * hourMs })])).toEqual([1])
    expect(planned(fresh, 1)).toEqual([1, 2, 3])
  })

  it('writes anew what retention wants otherwise', () => {
    expect(planned([file(1)])).toBeUndefined()
    expect(planned([file(1, { rules: 'others' })])).toEqual([1])
    expect(
      planned([file(1, { maxMs: nowMs - 7 * hourMs, checkedMs: nowMs - 3 * hourMs })]),
    ).toEqual([1])
  })

  it('joins files of one size, and what was written between them', () => {
    const period = new Date(nowMs).toISOString().slice(0, 10)
    const small = [1, 2, 4, 5].map((id) => file(id, { period }))
    expect(planned(small.slice(1))).toBeUndefined()
    expect(planned([...small, file(3, { period, rows: 40_000 })])).toEqual([1, 2, 3, 4, 5])
    expect(planned([file(1), file(2, { rows: 40_000 })], 1)).toEqual([1, 2])
  })
})

describe('figures', () => {
  const sketch = { buckets: [0, 100_000, 100_035], counts: [1, 2, 1], total: 4 }
  const step: Step = {
    sum: 4,
    count: 8,
    min: 0,
    max: 2,
    last: NaN,
    samples: 4,
    points: 3,
    isSingle: false,
    exact: { sum_squares: 6, 'histogram.bin_1': 3 },
    sketch,
  }
  const context = {
    type: 'timer',
    stepMs: 60_000,
    finestMs: 10_000,
    isFinest: false,
    aggregation: { method: 'average', x_files_factor: 0.3 },
  } as const

  it('come from sums and sketches', () => {
    const exact = (key: string) => valueOf({ exact: key }, step, context)
    expect(valueOf('mean', step, context)).toBe(1)
    expect(valueOf('rate', step, context)).toBe(8 / 60)
    expect([exact('count'), exact('count_ps'), exact('mean')]).toEqual([8, 8 / 60, 1])
    expect([exact('lower'), exact('upper'), exact('histogram.bin_1')]).toEqual([0, 2, 3])
    expect(exact('std')).toBeCloseTo(Math.sqrt(0.5))
    expect(exact('count_75')).toBe(3)
    expect(exact('upper_75')).toBeCloseTo(1, 1)
    expect(exact('upper_top25')).toBeNaN()
    expect(exact('lower_top25')).toBeCloseTo(2, 1)
    expect(exact('spam')).toBeNaN()
    expect(quantileOf(sketch, 0)).toBe(0)
    expect(partOf(sketch, 2, true).sum).toBeCloseTo(3, 1)
  })

  it('of one point are what came', () => {
    const single = { ...step, isSingle: true, exact: { upper_90: 42 } }
    expect(valueOf({ exact: 'upper_90' }, single, context)).toBe(42)
    expect(valueOf({ exact: 'mean_90' }, single, context)).toBeNaN()
  })

  it('of plain values go by the aggregation, when enough is known', () => {
    const plain = { ...step, sum: 30, count: 3, last: 12 }
    const of = (method: 'average' | 'avg_zero' | 'last' | 'sum', share: number) =>
      valueOf('value', plain, {
        ...context,
        type: 'value',
        aggregation: { method, x_files_factor: share },
      })
    expect([of('average', 0.5), of('avg_zero', 0), of('last', 0), of('sum', 0)]).toEqual([
      10, 5, 12, 30,
    ])
    expect(of('average', 0.51)).toBeNaN()
    expect(valueOf('value', plain, { ...context, type: 'gauge', isFinest: true })).toBe(12)
  })
})

it('the slower of two cursors is what both have passed', () => {
  const at = (segment: string, ordinal: number) => ({ segment, ordinal })
  expect(
    slowerCursor([
      { a: at('1', 5), b: at('2', 0) },
      { a: at('1', 3), c: at('9', 9) },
    ]),
  ).toEqual({
    a: at('1', 3),
  })
})
