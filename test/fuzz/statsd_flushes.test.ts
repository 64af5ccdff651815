/** Whatever another Weir, or somebody with its token, hands over: it is refused or merged, and nothing breaks. */
import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPiece } from '../../statsd/forward/read_lines.ts'
import { encodePoint } from '../../store/points.ts'
import { Aggregator, begin } from '../statsd/forward/aggregator.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1000)
const at = fc.constantFrom(
  '2026-11-21T10:17:30.000Z',
  '1970-01-01T00:00:00.001Z',
  'x',
  '9999-12-31T23:59:59.999Z',
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -3, max: 300 }),
  fc.constantFrom(1e308, -1e308, 5e-324, 2 ** 53, -0),
)
const odd = fc.oneof(fc.constantFrom(null, '', '1', true, [], {}), fc.jsonValue())
/** Mostly what belongs there. */
const mostly = <Value>(usual: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 20, arbitrary: usual }, { weight: 1, arbitrary: odd })
const series = mostly(
  fc.constantFrom(
    'a',
    'a;k=v',
    ';',
    '',
    'constructor',
    '__proto__',
    'a\n\u0000b',
    '💥',
    'statsd.packets_received',
  ),
)
const buckets = fc.record({
  offset: mostly(fc.constantFrom(0, -40_000, 40_000, 99_999, 1e15)),
  counts: mostly(fc.array(number, { maxLength: 5 })),
})
const beyond = fc.record({
  count: mostly(number),
  weight: mostly(number),
  sum: mostly(number),
  sum_squares: mostly(number),
  min: mostly(number),
  max: mostly(number),
  sketch: mostly(
    fc.record(
      { zero: mostly(number), positive: buckets, negative: buckets },
      { requiredKeys: ['zero'] },
    ),
  ),
})
const line = fc.record(
  {
    '@timestamp': at,
    series,
    type: mostly(
      fc.constantFrom('counter', 'gauge', 'timer', 'histogram', 'distribution', 'set', 'value'),
    ),
    sum: mostly(number),
    count: mostly(fc.nat(5)),
    last: mostly(number),
    min: mostly(number),
    max: mostly(number),
    up_sampled: mostly(number),
    values: mostly(fc.array(number, { maxLength: 30 })),
    weights: mostly(fc.array(number, { maxLength: 3 })),
    beyond: mostly(beyond),
    members: mostly(fc.array(fc.string(), { maxLength: 4 })),
    members_base64: mostly(fc.array(fc.constantFrom('/w==', '!', ''), { maxLength: 2 })),
    value: mostly(number),
    is_count: mostly(fc.boolean()),
  },
  {
    requiredKeys: [
      '@timestamp',
      'series',
      'type',
      'sum',
      'count',
      'last',
      'min',
      'max',
      'up_sampled',
      'values',
      'members',
      'value',
      'is_count',
    ],
  },
)
const header = {
  '@timestamp': '2026-11-21T10:17:30.000Z',
  instance: '01JD0000000000000000000000',
  piece: 0,
}

test('it is merged or refused, and what is flushed can be written', () => {
  let merged = 0
  fc.assert(
    fc.property(
      fc.array(fc.array(line, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
      (flushes) => {
        const aggregator = new Aggregator()
        for (const [flush, lines] of flushes.entries()) {
          const text = [{ ...header, flush }, ...lines]
            .map((each) => JSON.stringify(each))
            .join('\n')
          const piece = readPiece(text)
          if ('why' in piece) throw new Error(piece.why)
          expect(piece.lines.length + piece.refused.length).toBe(lines.length)
          merged += piece.lines.length
          const { points } = aggregator.flush(begin + flush * 1000, [piece])
          for (const point of points.values()) JSON.parse(encodePoint(point))
        }
      },
    ),
    { numRuns },
  )
  expect(merged).toBeGreaterThan(numRuns)
})
