import { expect, test } from 'vitest'
import { DatadogLines } from '../../../statsd/line/datadog.ts'
import { Traffic } from '../../../statsd/line/traffic.ts'
import { Tables } from '../../../statsd/tables/tables.ts'
import { takeAll, tableLimits } from '../tables/aggregated.ts'

const nowMs = Date.parse('2026-01-02T03:04:05Z')
const read = (packet: string) => {
  const tables = new Tables(tableLimits({ maxEvents: 3 }), 11)
  const traffic = new Traffic()
  const bytes = Buffer.from(packet)
  new DatadogLines(tables, traffic, () => nowMs).packet(bytes, 0, bytes.length)
  const found = takeAll(tables)
  const events = Buffer.from(found.swapped.events.bytes).toString().trimEnd().split('\n')
  return {
    ...found,
    ...traffic.take(),
    events: events.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown),
  }
}

test('packed values are values of one metric, each at the rate', () => {
  const { histograms, distributions, counters } = read(
    'h:1:2.5:-3|h|@0.5\nm:4|ms\nd:5:6|d\nc:1:2:3|c|@0.5',
  )
  expect(histograms.get('h')).toEqual({ values: [1, 2.5, -3], upSampled: 6 })
  expect(histograms.get('m')!.values).toEqual([4])
  expect(distributions.get('d')!.values).toEqual([5, 6])
  expect(counters.get('c')).toBe(12)
})

test('the rate counts whatever the order of the fields', () => {
  expect(read('a:1|c|@0.5|#t').counters).toEqual(new Map([['a;t=true', 2]]))
  expect(read('a:1|c|#t|@0.5').counters).toEqual(new Map([['a;t=true', 2]]))
})

test('tags are sorted and count once; a name keeps its characters', () => {
  const { counters } = read('my metric/é:1|c|#env:prod,a:b:c,,env:prod,flag,x=y;z:1')
  expect([...counters.keys()]).toEqual(['my_metric/é;a=b:c;env=prod;flag=true;x_y_z=1'])
})

test('a sign sets a gauge', () => {
  const { gauges } = read('g:10|g\ng:-5|g\nh:+3|g')
  expect([gauges.get('g'), gauges.get('h')]).toEqual([-5, 3])
})

test('colons are a part of a set’s member', () => {
  expect(read('s:a:b|s\ns:a|s').sets.get('s')).toEqual(new Set(['a:b', 'a']))
})

test('gauges and counts with a time are values of their own; other types leave it out', () => {
  const { swapped, histograms, gauges } = read(
    'g:1|g|T1700000000\nc:2|c|@0.5|T1700000001\nh:3|h|T5',
  )
  const { rows, values, times, areCounts } = swapped.value
  expect(rows).toBe(2)
  expect([...values.subarray(0, 2)]).toEqual([1, 4])
  expect([...times.subarray(0, 2)]).toEqual([1_700_000_000, 1_700_000_001])
  expect([...areCounts.subarray(0, 2)]).toEqual([0, 1])
  expect([histograms.size, gauges.size]).toEqual([1, 0])
})

test('what speaks to the agent alone, and fields nobody knows, are passed over', () => {
  const line = 'a:1|c|c:in-123|e:it-false,cn-x|card:low|z:what|'
  expect(read(line).counters.get('a')).toBe(1)
})

test.each([
  ['a', 'statsd_no_type'],
  ['a:1', 'statsd_no_type'],
  ['a:1|', 'statsd_no_type'],
  [':1|c', 'statsd_bad_value'],
  ['a:|c', 'statsd_bad_value'],
  ['a::|c', 'statsd_bad_value'],
  ['a:0x1F|c', 'statsd_bad_value'],
  ['a:1:x|c', 'statsd_bad_value'],
  ['a:NaN|g', 'statsd_bad_value'],
  ['a:1e999|g', 'statsd_not_finite'],
  ['a:1|q', 'statsd_bad_type'],
  ['a:1|constructor', 'statsd_bad_type'],
  ['a:1|c|@0', 'statsd_bad_rate'],
  ['a:1|c|@1.5', 'statsd_bad_rate'],
  ['a:1|c|@x', 'statsd_bad_rate'],
  ['a:1|c|T0', 'statsd_bad_value'],
  ['a:1|c|Tx', 'statsd_bad_value'],
  ['_e{5,4}:titl', 'statsd_bad_event'],
  ['_e{0,4}:|text', 'statsd_bad_event'],
  ['_e{a}:x|y', 'statsd_bad_event'],
  ['_sc|name', 'statsd_bad_event'],
  ['_sc|name|4', 'statsd_bad_event'],
  ['_sc||1', 'statsd_bad_event'],
])('%j is refused whole: %s', (line, reason) => {
  const { swapped, refused, bad } = read(line)
  const kinds = ['counter', 'gauge', 'set', 'histogram', 'value'] as const
  expect(kinds.map((kind) => swapped[kind].rows)).toEqual([0, 0, 0, 0, 0])
  expect([...refused]).toEqual([[reason, 1]])
  expect(bad).toBe(1)
})

test('an event is a log event; the lengths are bytes', () => {
  const line = '_e{6,9}:titlé|one\\n|two|d:1700000000|h:web1|k:key|p:low|s:src|t:success|#a:b,c|c:x'
  expect(read(line).events).toEqual([
    {
      '@timestamp': '2023-11-14T22:13:20.000Z',
      message: 'titlé\none\n|two',
      log: { level: 'info' },
      host: { name: 'web1' },
      event: { kind: 'event', dataset: 'statsd.events' },
      tags: ['a:b', 'c'],
      statsd: {
        title: 'titlé',
        alert_type: 'success',
        aggregation_key: 'key',
        priority: 'low',
        source_type: 'src',
      },
    },
  ])
})

test('an event may have no text, and odd fields', () => {
  const [event] = read('_e{1,0}:t||p:urgent|d:soon|x').events
  expect(event).toMatchObject({ '@timestamp': '2026-01-02T03:04:05.000Z', message: 't' })
})

test('a service check is a log event', () => {
  expect(read('_sc|db.up|2|d:1700000000|h:web1|#a:b|m:no | answer').events).toEqual([
    {
      '@timestamp': '2023-11-14T22:13:20.000Z',
      message: 'no | answer',
      log: { level: 'error' },
      host: { name: 'web1' },
      event: { kind: 'state', dataset: 'statsd.events' },
      tags: ['a:b'],
      statsd: { check: 'db.up', status: 'critical' },
    },
  ])
})

test('events have a bound', () => {
  const { events, refused } = read('_sc|a|0\n'.repeat(5))
  expect(events).toHaveLength(3)
  expect(refused).toEqual(new Map([['statsd_limit', 2]]))
})
