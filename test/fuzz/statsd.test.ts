import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DatadogLines } from '../../statsd/line/datadog.ts'
import { EtsyLines } from '../../statsd/line/etsy.ts'
import { Traffic } from '../../statsd/line/traffic.ts'
import { LineStream } from '../../statsd/receive/line_stream.ts'
import { Tables } from '../../statsd/tables/tables.ts'
import { addPacket, canonical, nothingYet } from '../statsd/line/etsy_reference.ts'
import { ofEachKind, takeAll, tableLimits } from '../statsd/tables/aggregated.ts'
import { packets } from './statsd_packets.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 3000)

const byCanonicalName = <Value>(found: ReadonlyMap<string, Value>) =>
  new Map([...found].map(([name, value]) => [canonical(name), value]))

/** A packet lies somewhere in a larger buffer, as those of a connection do. */
const read = (reader: EtsyLines | DatadogLines, packet: Buffer) => {
  const around = Buffer.concat([Buffer.from('z:1|c'), packet, Buffer.from('1|c\nz:1|c')])
  reader.packet(around, 5, 5 + packet.length)
}

/** Tables that forget their series at the second swap, so that runs share them and nothing else. */
const forgetful = tableLimits({ idleFlushes: ofEachKind(1) })
/** A million packets take their time. */
const timeoutMs = Math.max(300_000, runs * 20)

test('lines of Etsy’s dialect mean what its own parser says', { timeout: timeoutMs }, () => {
  const tables = new Tables(forgetful, 4711)
  const traffic = new Traffic()
  const reader = new EtsyLines(tables, traffic)
  fc.assert(
    fc.property(fc.array(packets, { maxLength: 4 }), (arrived) => {
      const expected = nothingYet()
      for (const packet of arrived) {
        read(reader, packet)
        addPacket(expected, packet)
      }
      const { packets: count, lines, bad } = traffic.take()
      const found = takeAll(tables)
      tables.swap()
      expect({
        packets: count,
        lines,
        bad,
        counters: byCanonicalName(found.counters),
        gauges: byCanonicalName(found.gauges),
        timers: byCanonicalName(found.timers),
        sets: byCanonicalName(found.sets),
      }).toEqual(expected)
      expect(tables.series.counter.size).toBe(0)
    }),
    { numRuns: runs },
  )
})

test(
  'whatever comes in DogStatsD’s dialect, lines are taken or refused, and nothing is not finite',
  { timeout: timeoutMs },
  () => {
    const tables = new Tables(forgetful, 1)
    const traffic = new Traffic()
    const reader = new DatadogLines(tables, traffic, () => 1_700_000_000_000)
    fc.assert(
      fc.property(packets, (packet) => {
        read(reader, packet)
        const { lines, bad } = traffic.take()
        const wanted = packet
          .toString('latin1')
          .split('\n')
          .filter((line) => line.replace(/\r$/, '') !== '')
        expect(lines).toBe(wanted.length)
        expect(bad).toBeLessThanOrEqual(lines)
        const { counters, gauges, histograms, distributions } = takeAll(tables)
        const timers = [...histograms.values(), ...distributions.values()]
        const figures = [
          ...counters.values(),
          ...gauges.values(),
          ...timers.flatMap(({ values, upSampled }) => [...values, upSampled]),
        ]
        expect(figures.filter((figure) => !Number.isFinite(figure))).toEqual([])
      }),
      { numRuns: runs },
    )
  },
)

test('a connection gives the same lines, however they are cut', { timeout: timeoutMs }, () => {
  const [whole, cut] = [1, 2].map((seed) => {
    const tables = new Tables(forgetful, seed)
    const traffic = new Traffic()
    const stream = new LineStream(new EtsyLines(tables, traffic), traffic, 65_536)
    const take = () => {
      const { lines, bad } = traffic.take()
      const { swapped: _, ...found } = takeAll(tables)
      tables.swap()
      return { lines, bad, ...found }
    }
    return { stream, take }
  })
  fc.assert(
    fc.property(packets, fc.array(fc.nat(), { maxLength: 6 }), (packet, places) => {
      const bytes = Buffer.concat([packet, Buffer.from('\n')])
      whole!.stream.push(bytes)
      const ends = [...places.map((place) => place % bytes.length), bytes.length]
      let start = 0
      for (const end of ends.toSorted((a, b) => a - b)) {
        cut!.stream.push(bytes.subarray(start, end))
        start = end
      }
      expect(cut!.take()).toEqual(whole!.take())
    }),
    { numRuns: runs },
  )
})

test('a million names in a row: no more series than allowed, and the old ones go on', () => {
  const count = runs >= 100_000 ? 1_000_000 : 50_000
  const tables = new Tables(tableLimits({ maxSeries: 10_000 }), 9)
  const traffic = new Traffic()
  const reader = new EtsyLines(tables, traffic)
  for (let i = 0; i < count; i++) {
    const packet = Buffer.from(`old:1|c\nnew${i % 977}.name.of${i}:1|ms`)
    reader.packet(packet, 0, packet.length)
  }
  const dropped = tables.takeDropped()
  expect(dropped.length).toBeLessThanOrEqual(101)
  expect(dropped.reduce((sum, { values }) => sum + values, 0)).toBe(count - 9999)
  const { counters, timers } = takeAll(tables)
  expect(counters.get('old')).toBe(count)
  expect(timers.size).toBe(9999)
})
