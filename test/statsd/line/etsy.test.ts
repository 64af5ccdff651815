import { expect, test } from 'vitest'
import { EtsyLines } from '../../../statsd/line/etsy.ts'
import { Traffic } from '../../../statsd/line/traffic.ts'
import type { TableLimits } from '../../../statsd/tables/limits.ts'
import { Tables } from '../../../statsd/tables/tables.ts'
import { takeAll, tableLimits } from '../tables/aggregated.ts'

const read = (packet: string | Buffer, own: Partial<TableLimits> = {}) => {
  const tables = new Tables(tableLimits(own), 11)
  const traffic = new Traffic()
  const bytes = Buffer.from(packet)
  new EtsyLines(tables, traffic).packet(bytes, 0, bytes.length)
  const { swapped: _, ...found } = takeAll(tables)
  return { ...found, ...traffic.take() }
}

test.each([
  ['a:1|c\na:2|c', 3],
  ['a:1|c|@0.1', 1 * (1 / 0.1)],
  ['a:3|c|@0.3', 3 * (1 / 0.3)],
  ['a:0x1F|c', 31],
  ['a: 5 |c', 5],
  ['a:1|h', 1],
  ['a:1|', 1],
  ['a:1|c|@2', 0.5],
  ['a:1|c|@2e-1', 0.5],
  ['a:1|c|@1e-1', 1],
  ['a:1|c|@1|rest', 1],
  ['a:-2.5|c\r\n', -2.5],
  ['a:1.7976931348623157e308|c', Number.MAX_VALUE],
  ['a:123456789012345678|c', 123456789012345680],
])('%j adds %d', (line, sum) => {
  expect(read(line).counters).toEqual(new Map([['a', sum]]))
})

test.each([
  ['a', 'statsd_no_type'],
  ['a:1', 'statsd_no_type'],
  ['a:|c', 'statsd_bad_value'],
  ['a:x|c', 'statsd_bad_value'],
  ['a:NaN|c', 'statsd_bad_value'],
  ['a:-1|ms', 'statsd_bad_value'],
  ['a:1|c|', 'statsd_bad_rate'],
  ['a:1|c|0.1', 'statsd_bad_rate'],
  ['a:1|c|@-1', 'statsd_bad_rate'],
  ['a:1|c|@+1', 'statsd_bad_rate'],
  ['a:1|c|@', 'statsd_bad_rate'],
  ['a:1|c|@0', 'statsd_not_finite'],
  ['a:0|c|@0', 'statsd_not_finite'],
  ['a:1|ms|@0', 'statsd_not_finite'],
  ['a:Infinity|g', 'statsd_not_finite'],
  ['a:1e999|c', 'statsd_not_finite'],
])('%j is refused: %s', (line, reason) => {
  const { counters, gauges, timers, sets, bad, refused } = read(line)
  expect([counters.size, gauges.size, timers.size, sets.size, bad]).toEqual([0, 0, 0, 0, 1])
  expect([...refused]).toEqual([[reason, 1]])
})

test('a sum that would not be finite stays as it was', () => {
  const { counters, refused } = read('a:1e308|c\na:1e308|c\na:1|c')
  expect(counters.get('a')).toBe(1e308 + 1)
  expect(refused.get('statsd_not_finite')).toBe(1)
})

test('each part behind a colon is a value of its own', () => {
  const { counters, gauges, timers, bad } = read('a:1|c:2|g:3|ms\nb:1:2:3|ms')
  expect([counters.get('a'), gauges.get('a')]).toEqual([1, 2])
  expect(timers.get('a')!.values).toEqual([3])
  expect(timers.get('b')!.values).toEqual([3])
  expect(bad).toBe(2)
})

test('lines and packets are counted as Etsy counts them', () => {
  const { packets, lines, bad } = read('a:1|c\n\n\r\nb:1|c\n')
  expect([packets, lines, bad]).toEqual([1, 3, 1])
})

test.each([
  ['a b', 'a_b'],
  ['a \t b', 'a_b'],
  ['a/b', 'a-b'],
  ['a%b"c', 'abc'],
  ['Ünï\u00a0x', 'n_x'],
  ['😀a\0', 'a'],
  ['', ''],
  ['..', '..'],
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
  ['a;k=v', 'a;k=v'],
])('the name %j is %j', (name, key) => {
  expect([...read(`${name}:1|c`).counters.keys()]).toEqual([key])
})

test('names are left alone where they are not sanitised', () => {
  const { counters } = read(Buffer.from([0x61, 0x20, 0xff, 0x3a, 0x31, 0x7c, 0x63]), {
    sanitize: false,
  })
  expect([...counters.keys()]).toEqual(['a \ufffd'])
})

test.each([
  ['a:1|c|#k:v,flag', 'a;k=v;flag'],
  ['a:1|c|#k:v:w', 'a;k=vw'],
  ['a:1|c|#b;c:d', 'a;b_c=d'],
  ['a:1|c|#', 'a'],
  ['a:1|c|#t|@0.5', 'a;t0.5'],
  ['a:1|c|#x|#y', 'a;x'],
])('tags of %j: %s', (line, key) => {
  expect([...read(line).counters.keys()]).toEqual([key])
})

test('another order of tags is the same series, spelled as it came first', () => {
  const { counters } = read('a:1|c|#z:1,b:2\na:1|c|#b:2,z:1\na;b=2;z=1:1|c')
  expect(counters).toEqual(new Map([['a;z=1;b=2', 3]]))
})

test('a gauge with a sign moves, unless it is not set or 0', () => {
  expect(read('g:+5|g').gauges.get('g')).toBe(5)
  expect(read('g:-5|g').gauges.get('g')).toBe(-5)
  expect(read('g:3|g\ng:-5|g').gauges.get('g')).toBe(-2)
  expect(read('g:0|g\ng:-5|g\ng:-5|g').gauges.get('g')).toBe(-10)
  expect(read('g:3|g\ng: -5|g').gauges.get('g')).toBe(-5)
  expect(read('g:3|g|@0').gauges.get('g')).toBe(3)
})

test('a rate counts for timers, not for their values', () => {
  expect(read('t:5|ms|@0.1\nt:7|ms').timers.get('t')).toEqual({ values: [5, 7], upSampled: 11 })
  expect(read('t:-5|ms ').timers.get('t')!.values).toEqual([-5])
})

test('any text is a member of a set; an empty one is 0', () => {
  const { sets } = read('s:bob|s\ns:|s\ns:007|s\ns:7|s\ns:caf\u00e9|s')
  expect(sets.get('s')).toEqual(new Set(['bob', '0', '007', '7', 'caf\u00e9']))
})

test('names and tags have bounds', () => {
  const own = { maxNameBytes: 10, maxTags: 2 }
  const lines = ['a'.repeat(10), 'a'.repeat(11), 'a;b;c', 'a;b;c;d', `a;${'b'.repeat(9)}`]
  const { counters, refused } = read(lines.map((name) => `${name}:1|c`).join('\n'), own)
  expect([...counters.keys()]).toEqual(['a'.repeat(10), 'a;b;c'])
  expect(refused.get('statsd_too_long')).toBe(3)
})

test('a datagram of 64 KB is one name too long, or thousands of lines', () => {
  expect(read('a'.repeat(65_507)).bad).toBe(1)
  expect(read(`${'a'.repeat(65_000)}:1|c`).bad).toBe(1)
  expect(read('a:1|c\n'.repeat(10_000)).counters.get('a')).toBe(10_000)
})
