import { describe, expect, it } from 'vitest'
import { decodePoint, encodePoint, type MetricPoint, PointWriter } from '../../store/points.ts'

const counter: MetricPoint = {
  atMs: 1_700_000_000_000,
  series: 'web.requests;env=prod',
  type: 'counter',
  instance: '01JD0000000000000000000000',
  flush: 7,
  intervalMs: 10_000,
  sum: 12.5,
  count: 3,
}

const timer: MetricPoint = {
  ...counter,
  type: 'timer',
  min: 1,
  max: 9,
  exact: { mean_90: 4.5, 'histogram.bin_10': 2 },
  sketch: {
    zero: 1,
    positive: { offset: -3, counts: [1, 0, 4] },
    negative: { offset: 2, counts: [1] },
  },
}

describe('points as lines', () => {
  it('has the keys in their order', () => {
    expect(encodePoint(counter)).toBe(
      '{"@timestamp":"2023-11-14T22:13:20.000Z","series":"web.requests;env=prod","type":"counter",' +
        '"instance":"01JD0000000000000000000000","flush":7,"interval_ms":10000,"sum":12.5,"count":3}\n',
    )
  })

  it('comes back as it was', () => {
    expect(decodePoint(encodePoint(counter))).toEqual(counter)
    expect(decodePoint(encodePoint(timer))).toEqual(timer)
  })

  it('takes counts from typed arrays', () => {
    const sketch = { zero: 0, positive: { offset: 1, counts: new Float64Array([1, 2]) } }
    expect(decodePoint(encodePoint({ ...counter, sketch })).sketch?.positive?.counts).toEqual([
      1, 2,
    ])
  })

  it('leaves out numbers that are not finite, and keeps any name whole', () => {
    const odd = {
      ...counter,
      series: 'a"\\\u0000é\ud800',
      sum: NaN,
      last: -Infinity,
      exact: { std: NaN, x: 1 },
    }
    const point = decodePoint(encodePoint(odd))
    expect(point.series).toBe('a"\\\u0000é\ufffd')
    expect([point.sum, point.last, point.exact]).toEqual([undefined, undefined, { x: 1 }])
  })

  it('writes many as one piece of bytes', () => {
    const writer = new PointWriter()
    const points = Array.from({ length: 2_000 }, (_, n) => ({ ...timer, series: `é.${n}` }))
    for (const point of points) writer.add(point)
    const { bytes, count } = writer.take()
    const lines = Buffer.from(bytes).toString().trimEnd().split('\n')
    expect(count).toBe(2_000)
    expect(lines.map(decodePoint)).toEqual(points)
    expect(writer.take().count).toBe(0)
  })

  it('refuses what is none', () => {
    expect(() => decodePoint('{"@timestamp":"2023-11-14T22:13:20.000Z","type":"x"}')).toThrow(
      'no metric point',
    )
  })
})
