import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DatadogLines } from '../../statsd/line/datadog.ts'
import { EtsyLines } from '../../statsd/line/etsy.ts'
import { Traffic } from '../../statsd/line/traffic.ts'
import { LineStream } from '../../statsd/receive/line_stream.ts'
import { Tables } from '../../statsd/tables/tables.ts'
import { addPacket, canonical, nothingYet } from '../statsd/line/etsy_reference.ts'
import { takeAll, tableLimits } from '../statsd/tables/aggregated.ts'
import { packets } from './statsd_packets.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 4000)

const byCanonicalName = <Value>(found: ReadonlyMap<string, Value>) =>
  new Map([...found].map(([name, value]) => [canonical(name), value]))

/** A packet lies somewhere in a larger buffer, as those of a connection do. */
const read = (reader: EtsyLines | DatadogLines, packet: Buffer) => {
  const around = Buffer.concat([Buffer.from('z:1|c'), packet, Buffer.from('1|c\nz:1|c')])
  reader.packet(around, 5, 5 + packet.length)
}

test('lines of Etsy’s dialect mean what its own parser says', () => {
  fc.assert(
    fc.property(fc.array(packets, { maxLength: 4 }), fc.integer(), (arrived, seed) => {
      const tables = new Tables(tableLimits(), seed)
      const traffic = new Traffic()
      const reader = new EtsyLines(tables, traffic)
      const expected = nothingYet()
      for (const packet of arrived) {
        read(reader, packet)
        addPacket(expected, packet)
      }
      const { packets: count, lines, bad } = traffic.take()
      const found = takeAll(tables)
      expect({
        packets: count,
        lines,
        bad,
        counters: byCanonicalName(found.counters),
        // A gauge whose only values were refused has a row without a value.
        gauges: byCanonicalName(found.gauges),
        timers: byCanonicalName(found.timers),
        sets: byCanonicalName(found.sets),
      }).toEqual(expected)
    }),
    { numRuns: runs },
  )
})

test('whatever comes in DogStatsD’s dialect, lines are taken or refused, and nothing is not finite', () => {
  const tables = new Tables(tableLimits(), 1)
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
})

test('a connection gives the same lines, however they are cut', () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat(), { maxLength: 6 }), (packet, places) => {
      const whole = Buffer.concat([packet, Buffer.from('\n')])
      const [one, other] = [whole, undefined].map((uncut) => {
        const tables = new Tables(tableLimits(), 7)
        const traffic = new Traffic()
        const stream = new LineStream(new EtsyLines(tables, traffic), traffic, 65_536)
        const at = [...new Set(places.map((place) => place % whole.length))].toSorted(
          (a, b) => a - b,
        )
        if (uncut) stream.push(uncut)
        else
          [...at, whole.length].forEach((end, i) =>
            stream.push(whole.subarray(at[i - 1] ?? 0, end)),
          )
        stream.end()
        const { lines, bad } = traffic.take()
        const { swapped: _, ...found } = takeAll(tables)
        return { lines, bad, ...found }
      })
      expect(one).toEqual(other)
    }),
    { numRuns: runs },
  )
})
