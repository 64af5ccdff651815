import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BadMessage, CarbonPickles } from '../../statsd/graphite/carbon/pickled.ts'
import { CarbonLines } from '../../statsd/graphite/carbon/plaintext.ts'
import type { CarbonSample, CarbonSink } from '../../statsd/graphite/carbon/sample.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3_000)
const nowMs = 1_800_000_000_000

class Sink implements CarbonSink {
  readonly samples: CarbonSample[] = []
  refused = 0
  add(sample: CarbonSample) {
    this.samples.push(sample)
  }
  refuse() {
    this.refused += 1
  }
}

const part = fc.oneof(
  fc.constantFrom(
    'a.b',
    '__proto__',
    'constructor',
    'm;k=v',
    'm{k="v"}',
    'NaN',
    '-1',
    '1e308',
    '17',
    '.5',
    '💥',
  ),
  fc.string({ maxLength: 10 }),
)
const line = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(' '))
const text = fc
  .array(line, { maxLength: 8 })
  .chain((all) =>
    fc.constantFrom('\n', '\r\n').map((end) => Buffer.from(all.map((one) => one + end).join(''))),
  )

/** The bytes in pieces that end where `cuts` say. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return ends.map((end, place) => bytes.subarray(ends[place - 1] ?? 0, end))
}

function holdsOnlySamples({ samples }: Sink): void {
  for (const { series, value, atMs } of samples) {
    expect(series.length).toBeGreaterThan(0)
    expect(Number.isFinite(value)).toBe(true)
    expect(Number.isSafeInteger(atMs)).toBe(true)
  }
}

test('lines of carbon mean the same in whatever pieces they come', () => {
  const cuts = fc.array(fc.nat(500), { maxLength: 6 })
  const bytes = fc.oneof(text, fc.uint8Array({ maxLength: 300 }).map(Buffer.from))
  fc.assert(
    fc.property(bytes, cuts, (given, where) => {
      const [whole, cut] = [new Sink(), new Sink()]
      for (const [sink, parts] of [
        [whole, [given]],
        [cut, pieces(given, where)],
      ] as const) {
        const reader = new CarbonLines(sink, 10_000)
        for (const each of parts) reader.push(each, nowMs)
        reader.end()
      }
      expect(cut.samples).toEqual(whole.samples)
      holdsOnlySamples(whole)
    }),
    { numRuns },
  )
})

/** Opcodes that are known, so that many of the pickles go far. */
const opcodes = [...Buffer.from('(]lt)aeNIJKMGSUVXTpqhg.0'), 0x80, 0x85, 0x86, 0x87, 0x8a]

test('no pickle does more than be read or refused', () => {
  const byte = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...opcodes) },
    { weight: 1, arbitrary: fc.nat(255) },
  )
  const pickle = fc.array(byte, { maxLength: 60 }).map((bytes) => Buffer.from([...bytes, 0x2e]))
  fc.assert(
    fc.property(
      fc.array(pickle, { maxLength: 4 }),
      fc.array(fc.nat(300), { maxLength: 4 }),
      (all, where) => {
        const sink = new Sink()
        const reader = new CarbonPickles(sink, 1_000)
        const framed = all.map((each) => {
          const head = Buffer.alloc(4)
          head.writeUInt32BE(each.length)
          return Buffer.concat([head, each])
        })
        for (const each of pieces(Buffer.concat(framed), where)) reader.push(each, nowMs)
        reader.end()
        holdsOnlySamples(sink)
      },
    ),
    { numRuns },
  )
})

test('what is no pickle protocol at all ends its connection or waits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const reader = new CarbonPickles(new Sink(), 100)
      try {
        reader.push(Buffer.from(bytes), nowMs)
      } catch (failure) {
        expect(failure).toBeInstanceOf(BadMessage)
      }
      reader.end()
    }),
    { numRuns },
  )
})
