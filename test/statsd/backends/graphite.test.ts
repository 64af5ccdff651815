import { afterEach, beforeEach, expect, test } from 'vitest'
import { RetryableError } from '../../../core/errors.ts'
import { eventually } from '../../eventually.ts'
import { type CarbonSink, startCarbonSink } from '../../peers/carbon_sink.ts'
import { freePort } from '../../peers/process.ts'
import { atMs, backendOf, chunkOfFlushes, flush, instance, soon } from './points.ts'

let carbon: CarbonSink
beforeEach(async () => {
  carbon = await startCarbonSink()
})
afterEach(() => carbon.stop())

const graphite = (config: object = {}) =>
  backendOf({ type: 'graphite', host: '127.0.0.1', port: carbon.port, ...config })
const write = (backend = graphite(), flushes = [flush()]) =>
  backend.write({ chunk: chunkOfFlushes(flushes), mayBeKnown: false }, soon())
const seconds = atMs / 1000 + 10

/** What carbon has now, without what the backend says of itself. */
const arrived = () =>
  Object.fromEntries(
    [...carbon.values].filter(([name]) => !/graphiteStats\.(last|flush)/.test(name)),
  )

test("a flush arrives under Etsy's names, over a connection of its own", async () => {
  expect(await write()).toEqual([])
  expect(arrived()).toEqual({
    [`stats.hits ${seconds}`]: '2.5',
    [`stats_counts.hits ${seconds}`]: '25',
    [`stats.web;zone=1 ${seconds}`]: '1',
    [`stats_counts.web;zone=1 ${seconds}`]: '10',
    [`stats.gauges.load ${seconds}`]: '-1.5',
    [`stats.sets.users.count ${seconds}`]: '3',
    [`stats.timers.time.mean ${seconds}`]: '15',
    [`stats.timers.time.upper_90 ${seconds}`]: '20',
    [`stats.timers.time.histogram.bin_10 ${seconds}`]: '1',
    [`statsd.numStats ${seconds}`]: '5',
  })
  expect(carbon.connections).toHaveLength(1)
  expect(carbon.invalid).toEqual([])
})

test('the new namespace, prefixes and the suffix', async () => {
  await write(
    graphite({
      legacy_namespace: false,
      global_prefix: 'g',
      prefix_counter: 'c',
      prefix_set: '',
      global_suffix: 'end',
      flush_counts: false,
    }),
  )
  expect(Object.keys(arrived())).toEqual(
    expect.arrayContaining([
      `g.c.hits.rate.end ${seconds}`,
      `g.c.web.rate.end;zone=1 ${seconds}`,
      `g.users.count.end ${seconds}`,
    ]),
  )
  expect([...carbon.values.keys()].join()).not.toMatch(/\.count\.end \d+.*hits|hits\.count/)
  expect([...carbon.values.keys()].join()).toMatch(/g\.statsd\.graphiteStats\.last_flush\.end \d/)
})

test('it says of itself what Etsy says, of the flush before', async () => {
  const backend = graphite()
  await write(backend)
  await write(backend)
  // By the second in which each was sent.
  const own = (name: string) =>
    [...carbon.values].findLast(([key]) =>
      key.startsWith(`stats.statsd.graphiteStats.${name} `),
    )?.[1]
  // The second one may still be on its way.
  await eventually(() => {
    expect(Number(own('flush_length'))).toBe(carbon.connections[0]!.length)
  })
  expect(own('last_exception')).toBe('0')
  expect(backend.status()).toMatchObject({ protocol: 'text', last_exception: 0 })
})

test('several flushes that waited go out together', async () => {
  await write(graphite(), [flush(1), flush(2), flush(3)])
  expect(carbon.connections).toHaveLength(1)
  expect([...carbon.values.keys()].filter((name) => name.startsWith('stats.hits '))).toHaveLength(3)
})

test('points that came with a name of their own keep it; blanks would make no line', async () => {
  const point = {
    atMs: atMs + 1999,
    series: 'cpu;job=a b',
    type: 'value',
    instance,
    last: 0.25,
  } as const
  await write(graphite({ metrics: 'all' }), [[point]])
  expect(arrived()).toEqual({ [`cpu;job=a_b ${atMs / 1000 + 1}`]: '0.25' })
})

test('a name that carbon would hang up on is refused alone', async () => {
  const [counter, ...others] = flush()
  const long = { ...counter!, series: 'x'.repeat(17_000) }
  const rejected = await write(graphite(), [[long, ...others]])
  expect(rejected).toMatchObject([{ index: 0, reason: 'too_large_for_target' }])
  expect(arrived()).toHaveProperty([`stats.gauges.load ${seconds}`])
})

test('pickle: frames with their length, in the opcodes of protocol 0', async () => {
  await write(graphite({ protocol: 'pickle', pickle_port: carbon.port }), [[flush()[2]!]])
  const [bytes] = carbon.connections
  expect(bytes!.readUInt32BE()).toBe(bytes!.length - 4)
  const text = bytes!.toString('utf8', 4)
  expect(text).toMatch(/^\(l\(S'stats\.gauges\.load'\n\(L\d+L\nS'-1\.5'\ntta\(S'/)
  expect(text.endsWith('tta.')).toBe(true)
})

test('pickle: a large flush is several frames, each below what carbon takes', async () => {
  const [counter] = flush()
  const many = Array.from({ length: 3000 }, (_, i) => {
    return { ...counter!, series: `${'some.name.'.repeat(20)}${i}` }
  })
  await write(graphite({ protocol: 'pickle', pickle_port: carbon.port }), [many])
  const bytes = carbon.connections[0]!
  let frames = 0
  let names = 0
  for (let at = 0; at < bytes.length; frames += 1) {
    const length = bytes.readUInt32BE(at)
    expect(length).toBeLessThan(2 ** 20)
    names += bytes.toString('latin1', at + 4, at + 4 + length).split("(S'").length - 1
    at += 4 + length
  }
  expect(frames).toBeGreaterThan(1)
  expect(names).toBe(6004)
})

test('a connection that is reset in the middle is no delivery', async () => {
  carbon.manner = () => ({ resetAfter: 10 })
  await expect(write()).rejects.toThrow(RetryableError)
  carbon.manner = () => 'read'
  const backend = graphite()
  await write(backend)
  expect(Object.keys(arrived())).toHaveLength(10)
})

test('a carbon that reads nothing is given up at the deadline', async () => {
  const late = new AbortController()
  // From when it is connected, however long that took.
  carbon.manner = () => {
    setTimeout(() => late.abort(), 50)
    return 'hang'
  }
  const writing = graphite().write(
    { chunk: chunkOfFlushes([flush()]), mayBeKnown: false },
    late.signal,
  )
  await expect(writing).rejects.toThrow(/did not close the connection in time/)
})

test('one that never closes can be believed all the same', async () => {
  carbon.manner = () => 'hang'
  expect(await write(graphite({ wait_for_close: false }))).toEqual([])
})

test('weir check says what is wrong', async () => {
  expect(await graphite().check(soon())).toEqual([])
  const [found] = await graphite({ port: await freePort() }).check(soon())
  expect(found).toMatchObject({ problem: expect.stringMatching(/ECONNREFUSED.*check host, port/) })
})
