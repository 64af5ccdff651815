import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event } from '../../collector/event.ts'
import type { JsonObject } from '../../core/json.ts'
import { filters } from '../../collector/filters/all.ts'
import type { Arrival } from '../../collector/input.ts'
import { parserFrom } from '../../collector/parsers/all.ts'
import { Pipeline } from '../../collector/pipeline.ts'
import { compileTagPatterns } from '../../core/routing.ts'
import type { Batch } from '../../core/journal/batch.ts'
import { fakeContext } from './fake_world.ts'

interface Setup {
  readonly parser?: string
  readonly onError?: string
  readonly filter?: { type: string; [key: string]: unknown }
  readonly batchBytes?: number
  /** The journal is full, and drops. */
  readonly dropping?: boolean
}

function setUp({
  parser = 'json',
  onError,
  filter,
  batchBytes = 4_000_000,
  dropping = false,
}: Setup = {}) {
  const context = fakeContext()
  const appended: Batch[][] = []
  const pipeline = new Pipeline(
    {
      namespace: 'default',
      onError,
      hostname: 'web-1',
      batchBytes,
      filters: filter
        ? [
            {
              matches: compileTagPatterns('**'),
              filter: filters.create(filters.schema.parse(filter), {
                ...context,
                hostname: 'web-1',
              }),
            },
          ]
        : [],
    },
    async (batches) => {
      // The buffers are used again once this settles.
      appended.push(batches.map((batch) => ({ ...batch, bytes: Buffer.from(batch.bytes) })))
      return dropping ? 'dropped' : 'durable'
    },
    parserFrom('json', 'json'),
    context,
  )
  const deliver = pipeline.for(parserFrom(parser, 'none'), context.count)
  return { context, appended, deliver }
}

function arrivalOf(lines: readonly string[], more: Partial<Arrival> = {}): Arrival {
  const source = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const spans = new Uint32Array(lines.length * 2)
  let at = 0
  lines.forEach((line, i) => {
    spans[2 * i] = at
    spans[2 * i + 1] = at + Buffer.byteLength(line)
    at = spans[2 * i + 1]! + 1
  })
  return { tag: 'app.log', source, spans, count: lines.length, context: {}, ...more }
}

const eventsOf = (batches: readonly Batch[]) =>
  batches.flatMap(({ bytes }) =>
    Buffer.from(bytes)
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Event),
  )

test('a message becomes one line that begins with its time and says where it came from', async () => {
  const { deliver, appended } = setUp()
  const context = { log: { file: { path: '/var/log/a.log' } } }
  const outcome = await deliver(arrivalOf(['{"a":1}'], { context }))
  expect(outcome).toEqual({ accepted: 1, refused: [] })
  const [batch] = appended[0]!
  expect(batch).toMatchObject({ stream: 'logs-app.log-default', tag: 'app.log', count: 1 })
  expect(Buffer.from(batch!.bytes).toString()).toBe(
    '{"@timestamp":"2026-01-02T03:04:05.678Z","a":1,"host":{"name":"web-1"},"log":{"file":{"path":"/var/log/a.log"}}}\n',
  )
})

test('what an event says of its host itself wins over the context', async () => {
  const { deliver, appended } = setUp()
  await deliver(arrivalOf(['{"host":"own"}', '{"host":{"ip":"::1"}}', '{"host.name":"dotted"}']))
  expect(eventsOf(appended[0]!).map(({ '@timestamp': _, ...event }) => event)).toEqual([
    { host: 'own' },
    { host: { ip: '::1', name: 'web-1' } },
    { 'host.name': 'dotted' },
  ])
})

test('an event that names its source keeps it, whichever way it goes', async () => {
  const line = '192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 2 "-" "curl"'
  const context = { source: { address: '10.0.0.1', ip: '10.0.0.1', port: 9 } }
  for (const filter of [undefined, { type: 'grep', exclude: { absent: 'never' } }]) {
    const { deliver, appended } = setUp({ parser: 'nginx', ...(filter && { filter }) })
    await deliver(arrivalOf([line], { context }))
    const { source } = eventsOf(appended[0]!)[0]!
    expect(source).toEqual({ address: '192.0.2.7', ip: '192.0.2.7' })
  }
})

test('a refused line goes on raw, counted, and its position moves', async () => {
  const { deliver, appended, context } = setUp()
  const outcome = await deliver(
    arrivalOf(['{"a":1}', 'no json', '{"b":2}'], { positions: { 'tail/1': { offset: 24 } } }),
  )
  expect(outcome.accepted).toBe(3)
  expect(outcome.refused).toHaveLength(1)
  expect(outcome.refused[0]!.line).toBe(1)
  expect(eventsOf(appended[0]!)[1]).toMatchObject({ message: 'no json' })
  expect([...context.counted.values()]).toEqual([1])
  expect(appended[0]!.at(-1)!.positions).toEqual({ 'tail/1': { offset: 24 } })
})

test.each([
  ['straight from bytes', undefined],
  ['through a filter', { type: 'record_transformer', match: '**', add: { seen: 'yes' } }],
])('messages from several places say each its own, %s', async (_, filter) => {
  const { deliver, appended } = setUp(filter ? { filter } : {})
  const contexts = ['/a', '/b', '/c'].map((path) => ({ log: { file: { path } } }))
  await deliver(arrivalOf(['{"n":1}', 'no JSON', '{"n":3}'], { contexts }))
  expect(eventsOf(appended.flat()).map(({ log }) => log)).toEqual(
    ['/a', '/b', '/c'].map((path) => ({ file: { path } })),
  )
})

test('on_error takes what is refused to a tag of its own, in the same append', async () => {
  const { deliver, appended } = setUp({ onError: 'weir.refused' })
  await deliver(arrivalOf(['no json', '{"a":1}']))
  expect(appended).toHaveLength(1)
  expect(appended[0]!.map(({ tag, count }) => [tag, count])).toEqual([
    ['app.log', 1],
    ['weir.refused', 1],
  ])
  expect(eventsOf(appended[0]!)[1]).toMatchObject({
    message: 'no json',
    event: { dataset: 'app.log' },
  })
})

test('a sender who is told of a refused message keeps it', async () => {
  const { deliver, appended } = setUp()
  const outcome = await deliver(arrivalOf(['{"a":1}', 'no json'], { format: 'json' }))
  expect(outcome).toMatchObject({ accepted: 1, refused: [{ line: 1 }] })
  expect(eventsOf(appended[0]!)).toHaveLength(1)
})

test('positions without events are appended alone', async () => {
  const { deliver, appended } = setUp()
  await deliver(arrivalOf([], { positions: { 'tail/1': null } }))
  expect(appended[0]).toMatchObject([{ count: 0, positions: { 'tail/1': null } }])
})

test('events that a filter takes out still move the position', async () => {
  const { deliver, appended } = setUp({ filter: { type: 'grep', exclude: { a: '1' } } })
  await deliver(arrivalOf(['{"a":"1"}'], { positions: { k: { offset: 1 } } }))
  expect(appended[0]).toMatchObject([{ count: 0, positions: { k: { offset: 1 } } }])
})

test('what a full journal drops is not accepted', async () => {
  const { deliver } = setUp({ dropping: true })
  expect(await deliver(arrivalOf(['{"a":1}']))).toEqual({ accepted: 0, refused: [], dropped: true })
})

test('a large arrival is cut into batches that are one append', async () => {
  const { deliver, appended } = setUp({ batchBytes: 1000 })
  const lines = Array.from({ length: 100 }, (_, i) => `{"n":${i}}`)
  await deliver(arrivalOf(lines, { positions: { k: { offset: 1 } } }))
  expect(appended).toHaveLength(1)
  expect(appended[0]!.length).toBeGreaterThan(3)
  expect(eventsOf(appended[0]!).map(({ n }) => n)).toEqual(lines.map((_, i) => i))
  expect(appended[0]!.filter(({ positions }) => positions)).toHaveLength(1)
})

describe('the direct way and the way over objects', () => {
  const names = fc.oneof(
    fc.constantFrom('host', 'log', 'source', 'host.name', 'a', '__proto__', '@timestamp'),
    fc.constantFrom('log', 'log.level', 'log.file', 'log.file.path', 'log.files', 'logs', 'log.'),
  )
  const values = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.constant('2026-11-21T10:17:37.123Z'),
    fc.dictionary(
      fc.constantFrom('name', 'level', 'file', 'file.path', 'files', 'x'),
      fc.oneof(fc.string(), fc.constant({}), fc.constant({ file: 1, path: 'own' })),
      { maxKeys: 2 },
    ),
  )
  const space = fc.constantFrom('', ' ', '\t ')
  const objects = fc
    .tuple(
      fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name, maxLength: 5 }),
      space,
    )
    .map(([entries, gap]) => {
      const members = entries.map(
        ([k, v]) => `${JSON.stringify(k)}${gap}:${JSON.stringify(v)}${gap}`,
      )
      return `{${gap}${members.join(`,${gap}`)}}`
    })

  test('make the same event', async () => {
    const context: JsonObject = { log: { file: { path: '/a' } }, source: { address: '::1' } }
    const keepAll = { type: 'grep', exclude: { absent: 'never' } }
    await fc.assert(
      fc.asyncProperty(objects, async (line) => {
        const direct = setUp()
        const plain = setUp({ filter: keepAll })
        await direct.deliver(arrivalOf([line], { context }))
        await plain.deliver(arrivalOf([line], { context }))
        expect(eventsOf(direct.appended[0]!)).toEqual(eventsOf(plain.appended[0]!))
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
    )
  }, 60_000)

  test.each([
    ['{"log":{"level":"info"},"a":1}', '"a":1,"log":{"level":"info","file":{"path":"/a"}}'],
    ['{"log.level":"info"}', '"log.level":"info","log.file":{"path":"/a"}'],
    ['{"log.level":"info","log":1}', '"log.level":"info","log":1'],
  ])('add where %s came from without an object in between', async (line, members) => {
    const { deliver, appended } = setUp()
    await deliver(arrivalOf([line], { context: { log: { file: { path: '/a' } } } }))
    const text = Buffer.from(appended[0]![0]!.bytes).toString()
    expect(text).toBe(
      `{"@timestamp":"2026-01-02T03:04:05.678Z",${members},"host":{"name":"web-1"}}\n`,
    )
  })
})
