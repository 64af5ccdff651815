import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MetricPoint } from '../../store/points.ts'
import { Aggregator, begin } from '../statsd/forward/aggregator.ts'
import { Edge, limits } from '../statsd/forward/edges.ts'

const names = ['a', 'b.c', 'web;zone=1;app=x', 'web;app=x;zone=1']
const line = fc.oneof(
  fc
    .record({ name: fc.constantFrom(...names), value: fc.integer({ min: -9, max: 99 }) })
    .map(({ name, value }) => `${name}:${value}|c`),
  fc
    .record({ name: fc.constantFrom(...names), value: fc.integer({ min: 0, max: 999 }) })
    .map(({ name, value }) => `${name}:${value}|ms`),
  fc
    .record({ name: fc.constantFrom(...names), value: fc.integer({ min: 0, max: 999 }) })
    .map(({ name, value }) => `${name}:${value}|ms|@0.5`),
  fc
    .record({ name: fc.constantFrom(...names), value: fc.string({ maxLength: 3 }) })
    .map(({ name, value }) => `${name}:x${value.replaceAll(/[:|\n#@]/g, '')}|s`),
)
/** Lines of a flush, each with the place it goes to: an edge, or the aggregator itself (0). */
const flushes = fc.array(
  fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), line), { maxLength: 60 }),
  {
    minLength: 1,
    maxLength: 4,
  },
)

test('what three edges hand over is as if all packets had come here', () => {
  fc.assert(
    fc.property(flushes, (sent) => {
      const one = new Aggregator()
      const many = new Aggregator()
      const places = [many.edge, new Edge(1), new Edge(2), new Edge(3)]
      for (const [turn, lines] of sent.entries()) {
        const atMs = begin + turn * 1000
        for (const [place, text] of lines) {
          one.edge.send(text)
          places[place]!.send(text)
        }
        const pieces = places.slice(1).flatMap((edge) => edge.flush(atMs))
        const expected = one.run(one.edge.swap(atMs))
        const { points, losses } = many.flush(atMs, pieces)
        expect(comparable(points)).toEqual(comparable(expected))
        expect(losses).toEqual({ series: 0, members: 0 })
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
  )
})

/** Figures of a timer beyond the limit depend on which of its values were kept exactly; counts, sums and sketch do not. */
function comparable(points: ReadonlyMap<string, MetricPoint>) {
  const sorted = [...points].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([key, { exact, sketch, ...rest }]) => {
    const isExact = (rest.count ?? 0) <= limits.maxTimerValues
    const shape = sketch && JSON.parse(JSON.stringify(sketch, plain))
    return [key, { ...rest, ...(isExact && { exact }), sketch: trimmed(shape) }]
  })
}

const plain = (_key: string, value: unknown) =>
  ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value

/** Buckets without the empty ones at their ends. */
function trimmed(sketch: { positive?: { offset: number; counts: number[] } } | undefined) {
  const { offset = 0, counts = [] } = sketch?.positive ?? {}
  return Object.fromEntries(
    counts.map((count, i) => [offset + i, count]).filter(([, count]) => count !== 0),
  )
}
