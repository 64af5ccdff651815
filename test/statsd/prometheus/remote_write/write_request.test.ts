import fc from 'fast-check'
import { compress, uncompress } from 'snappyjs'
import { expect, test } from 'vitest'
import {
  readWriteRequest,
  type TimeSeries,
  WriteRequestWriter,
} from '../../../../statsd/prometheus/remote_write/write_request.ts'

const read = (bytes: Buffer, onStale = () => {}): TimeSeries[] => [
  ...readWriteRequest(bytes, onStale),
]

test('bytes as protobuf has them', () => {
  const writer = new WriteRequestWriter()
  writer.add([['__name__', 'up']], 1, 1000)
  expect(writer.samples).toBe(1)
  expect(writer.take().toString('hex')).toBe(
    // timeseries { labels { "__name__", "up" } samples { 1.0, 1000 } }
    '0a1e' +
      '0a0e' +
      '0a085f5f6e616d655f5f' +
      '12027570' +
      '120c' +
      '09000000000000f03f' +
      '10e807',
  )
  expect(writer.take()).toHaveLength(0)
})

test('what is written is read', () => {
  const label = fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ maxLength: 300 }))
  const sample = fc.record({
    labels: fc.array(label, { maxLength: 5 }),
    value: fc.double({ noNaN: true }),
    atMs: fc.integer({ min: 0, max: 8_640_000_000_000_000 }),
  })
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
      const writer = new WriteRequestWriter()
      for (const { labels, value, atMs } of samples) writer.add(labels, value, atMs)
      const message = uncompress(compress(writer.take()))
      expect(read(message)).toEqual(
        samples.map(({ labels, value, atMs }) => ({
          labels: labels.map(([name, text]) => [name.toWellFormed(), text.toWellFormed()]),
          samples: [{ value, atMs }],
          histograms: 0,
        })),
      )
    }),
    { numRuns: 50 },
  )
})

test('stale markers are no samples, other NaNs are; what is unknown is passed over', () => {
  const writer = new WriteRequestWriter()
  writer.add([['__name__', 'a']], 1, 1)
  writer.add([['__name__', 'a']], NaN, 2)
  const bytes = writer.take()
  bytes.writeBigUInt64LE(0x7ff0_0000_0000_0002n, bytes.indexOf('000000000000f03f', 'hex'))
  let stale = 0
  const series = read(bytes, () => (stale += 1))
  expect(stale).toBe(1)
  expect(series.map(({ samples }) => samples)).toEqual([[], [{ value: NaN, atMs: 2 }]])
  // Metadata (3), a field of 32 bits, one of 64, a number.
  const others = Buffer.from('1a03616263' + '2d00000000' + '310000000000000000' + '3801', 'hex')
  expect(read(Buffer.concat([others, bytes]))).toHaveLength(2)
  // A series with a native histogram (4).
  expect(read(Buffer.from('0a0422020801', 'hex'))).toMatchObject([{ histograms: 1 }])
})

test.each(['0a', '0aff', '0a05', '0b', '00', 'ffffffffffffffffffffff', '0a020900', '0a03120109'])(
  'what is no message is refused: %s',
  (hex) => {
    expect(() => read(Buffer.from(hex, 'hex'))).toThrow(SyntaxError)
  },
)

test('whatever the bytes are, it ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        read(Buffer.from(bytes))
      } catch (failure) {
        expect(failure).toBeInstanceOf(SyntaxError)
      }
    }),
    { numRuns: 500 },
  )
})
