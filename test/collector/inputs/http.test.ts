import * as zlib from 'node:zlib'
import { pack } from 'msgpackr'
import { expect, test } from 'vitest'
import { WeirError } from '../../../core/errors.ts'
import { inputs } from '../../../collector/inputs/all.ts'
import type { HttpReply, Input } from '../../../collector/input.ts'
import { FakeWorld, started } from './fake_context.ts'
import { ManualClock, until } from './harness.ts'

const create = async (world: FakeWorld, config: Record<string, unknown> = {}): Promise<Input> =>
  await started(inputs.create(inputs.schema.parse({ type: 'http', ...config }), world.context))

const post = async (
  input: Input,
  body: string | Uint8Array,
  contentType = 'application/json',
  contentEncoding = '',
): Promise<HttpReply> =>
  await input.receive!({
    tag: 'app',
    body: typeof body === 'string' ? Buffer.from(body) : body,
    contentType,
    contentEncoding,
    remoteAddress: '192.0.2.7',
  })

/** What a body becomes. */
const taken = async (body: string | Uint8Array, contentType?: string, encoding?: string) => {
  const world = new FakeWorld()
  const answer = await post(await create(world), body, contentType, encoding)
  return { ...answer, messages: world.messages, format: world.delivered[0]?.format }
}

const json = 'application/json'
const ndjson = 'application/x-ndjson'
const form = 'application/x-www-form-urlencoded'

test.each<[string, string, string, string[], 'json' | undefined]>([
  ['an object', json, '{"a":1}', ['{"a":1}'], 'json'],
  ['an array', json, ' [{"a":1}, {"b":[2]}\n]\n', ['{"a":1}', '{"b":[2]}'], 'json'],
  [
    'concatenated objects',
    json,
    '{"a":1}{"b":2} {"c":3}',
    ['{"a":1}', '{"b":2}', '{"c":3}'],
    'json',
  ],
  ['arrays one after another', json, '[{"a":1}][{"b":2}]', ['{"a":1}', '{"b":2}'], 'json'],
  ['NDJSON said to be JSON', json, '{"a":1}\r\n{"b":2}\n', ['{"a":1}', '{"b":2}'], 'json'],
  ['NDJSON', ndjson, '{"a":1}\r\n\n{"b":2}', ['{"a":1}', '{"b":2}'], 'json'],
  ['a suffix +json', 'application/vnd.x+json; charset=utf-8', '{"a":1}', ['{"a":1}'], 'json'],
  ['pretty-printed', json, '{\n  "a": [\n1\r\n]}', ['{   "a": [ 1  ]}'], 'json'],
  [
    'brackets and escapes in strings',
    json,
    '{"a":"}\\"]\\\\"}{"b":1}',
    ['{"a":"}\\"]\\\\"}', '{"b":1}'],
    'json',
  ],
  [
    'values that are no objects',
    json,
    '[1, "x,]", [2], null]',
    ['1', '"x,]"', '[2]', 'null'],
    'json',
  ],
  ['a byte order mark', json, '\ufeff{"a":1}', ['{"a":1}'], 'json'],
  ['lines of text', 'text/plain', 'one\r\n\ntwo', ['one', 'two'], undefined],
  ['text that looks like JSON', 'text/plain', '{"a":1}', ['{"a":1}'], undefined],
  ['no content type, text', '', 'hello', ['hello'], undefined],
  ['no content type, JSON', '', ' {"a":1}', ['{"a":1}'], 'json'],
  ['an unknown type with JSON', 'application/octet-stream', '[{"a":1}]', ['{"a":1}'], 'json'],
  ['what curl -d sends', form, '{"a":1}', ['{"a":1}'], 'json'],
  ['text by curl -d', form, 'GET /x?a=b 200', ['GET /x?a=b 200'], undefined],
  ['a word by curl -d', form, 'hello', ['hello'], undefined],
  ['json= as Fluentd', form, 'json=%7B%22a%22%3A1%7D', ['{"a":1}'], 'json'],
  ['ndjson= as Fluentd', form, 'ndjson=%7B%22a%22%3A1%7D%0A%7B%7D', ['{"a":1}', '{}'], 'json'],
  ['json= as curl -d sends it', form, 'json={"z":"a+b&c%20=é"}', ['{"z":"a+b&c%20=é"}'], 'json'],
  ['json= and a time', form, 'json=[{"z":1},{"y":2}]&time=1.5', ['{"z":1}', '{"y":2}'], 'json'],
  ['ndjson= as curl sends it', form, 'ndjson={"z":1}\n{"y":2}', ['{"z":1}', '{"y":2}'], 'json'],
  ['a form', form, 'a=1&b=x+y&c=%C3%A9&a=2', ['{"a":["1","2"],"b":"x y","c":"é"}'], 'json'],
  ['a form with a dangerous name', form, '__proto__=1', ['{"__proto__":"1"}'], 'json'],
])('%s', async (_name, type, body, messages, format) => {
  expect(await taken(body, type)).toEqual({
    status: 200,
    body: { accepted: messages.length, errors: [] },
    messages,
    format,
  })
})

test('another charset', async () => {
  const body = Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d])
  expect((await taken(body, 'application/json; charset=iso-8859-1')).messages).toEqual(['{"é":1}'])
  expect(await taken(body, 'application/json; charset=klingon')).toMatchObject({ status: 415 })
})

test('who sent it and what tag it has', async () => {
  const world = new FakeWorld()
  const input = await create(world)
  await post(input, '{}')
  await post(input, '{}')
  const [first, second] = world.delivered
  expect(first).toMatchObject({
    tag: 'app',
    context: { source: { address: '192.0.2.7', ip: '192.0.2.7' } },
  })
  expect(second?.context).toBe(first?.context)
  expect(await world.metric('weir_events_received_total')).toBe(2)
})

test.each<[string, string, string[], { line: number; reason: string }[]]>([
  [
    'cut off amid an object',
    '{"a":1}\n{"b":',
    ['{"a":1}'],
    [{ line: 2, reason: 'the value that begins at byte 8 does not end' }],
  ],
  [
    'cut off amid an array',
    '[{"a":1},',
    ['{"a":1}'],
    [{ line: 1, reason: 'the array does not end: the body was cut off, or lacks a "]"' }],
  ],
  [
    'a broken line among good ones',
    '{"a":1}\n{"b":\n{"c":3}\n{"d":4}',
    ['{"a":1}', '{"c":3}', '{"d":4}'],
    [{ line: 2, reason: 'the value that begins at byte 8 does not end' }],
  ],
  [
    'a string that does not end',
    '{"a":"x\n{"b":2}\n',
    ['{"b":2}'],
    [{ line: 1, reason: 'a string that begins at byte 5 does not end on its line' }],
  ],
])('good events beside bad ones are taken: %s', async (_name, body, messages, errors) => {
  const answer = await taken(body)
  expect(answer.messages).toEqual(messages)
  expect(answer).toMatchObject({ status: 200, body: { accepted: messages.length, errors } })
})

test('what deliver refuses is told with its line', async () => {
  const world = new FakeWorld()
  world.outcome = () => ({ accepted: 1, refused: [{ line: 1, reason: 'invalid_json: x' }] })
  const answer = await post(await create(world), '{"a":1}\n\n{bad}\n', ndjson)
  expect(answer).toEqual({
    status: 200,
    body: { accepted: 1, errors: [{ line: 3, reason: 'invalid_json: x' }] },
  })
})

test('400 only if nothing was taken', async () => {
  const world = new FakeWorld()
  world.outcome = () => ({ accepted: 0, refused: [{ line: 0, reason: 'invalid_json: x' }] })
  expect(await post(await create(world), '{bad}')).toMatchObject({ status: 400 })
  expect(await taken('')).toMatchObject({ status: 400 })
  expect(await taken('[]')).toEqual(expect.objectContaining({ status: 200 }))
  expect(await taken('{"a":')).toMatchObject({ status: 400, messages: [] })
})

test('MessagePack: a map, an array of maps, maps one after another', async () => {
  const type = 'application/msgpack'
  const event = { a: 1, b: [-5, 1.5, true, null, 'x"\n'], c: { d: 300, e: -70000 } }
  const text = JSON.stringify(event)
  expect(await taken(pack(event), type)).toMatchObject({
    status: 200,
    messages: [text],
    format: 'json',
  })
  expect((await taken(pack([event, {}]), 'application/x-msgpack')).messages).toEqual([text, '{}'])
  const both = Buffer.concat([pack(event), pack(event)])
  expect((await taken(both, type)).messages).toEqual([text, text])
})

test('MessagePack: what JSON has no words for', async () => {
  const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
  const of = async (value: string) =>
    (await taken(hex(`81 a1 61 ${value}`), 'application/msgpack')).messages[0]
  expect(await of('cf ffffffffffffffff')).toBe('{"a":18446744073709551615}')
  expect(await of('d3 8000000000000000')).toBe('{"a":-9223372036854775808}')
  expect(await of('cb 7ff8000000000000')).toBe('{"a":"NaN"}')
  expect(await of('c4 02 6869')).toBe('{"a":"hi"}')
  expect(await of('c4 01 ff')).toBe('{"a":"/w=="}')
  expect(await of('d6 ff 00000001')).toBe('{"a":"1970-01-01T00:00:01.000000000Z"}')
  expect(await of('d7 00 00000001 00000002')).toBe('{"a":"1970-01-01T00:00:01.000000002Z"}')
  expect((await taken(hex('81 05 a1 78'), 'application/msgpack')).messages).toEqual(['{"5":"x"}'])
})

test('MessagePack that lies about lengths or nests without end is refused, good maps before it taken', async () => {
  const type = 'application/msgpack'
  const good = Buffer.from(pack({ a: 1 }))
  for (const bad of ['dd7fffffff', 'dbffffffff', 'dfffffffff', 'c1', '91'.repeat(100_000)]) {
    const answer = await taken(Buffer.concat([good, Buffer.from(bad, 'hex')]), type)
    expect(answer).toMatchObject({ status: 200, messages: ['{"a":1}'] })
    expect(answer.body['errors']).toHaveLength(1)
  }
  expect(await taken(Buffer.from('dd01000000'.repeat(50_000), 'hex'), type)).toMatchObject({
    status: 400,
  })
})

test('an event too long is refused, the others are taken', async () => {
  const world = new FakeWorld()
  const input = await create(world, { max_message_size: 50 })
  const long = { x: 'y'.repeat(100) }
  const events = [{ a: 1 }, long, { b: 2 }]
  const answer = await post(input, events.map((event) => JSON.stringify(event)).join('\n'))
  expect(answer).toMatchObject({ status: 200, body: { accepted: 2, errors: [{ line: 2 }] } })
  const packed = await post(input, pack(events), 'application/msgpack')
  expect(packed).toMatchObject({ status: 200, body: { accepted: 2, errors: [{ line: 2 }] } })
  expect(world.messages).toEqual(['{"a":1}', '{"b":2}', '{"a":1}', '{"b":2}'])
})

test.each<[string, (body: Buffer) => Buffer]>([
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
  ['zstd', zlib.zstdCompressSync],
  ['gzip, zstd', (body) => zlib.zstdCompressSync(zlib.gzipSync(body))],
])('content-encoding %s: whole, and cut in half', async (encoding, compress) => {
  const body = compress(Buffer.from('{"a":1}\n'.repeat(1000)))
  expect((await taken(body, json, encoding)).messages).toHaveLength(1000)
  const half = await taken(body.subarray(0, body.length / 2), json, encoding)
  expect(half).toMatchObject({ status: 400, messages: [] })
  expect(JSON.stringify(half.body)).toContain('the body is not whole')
})

test('several frames in one body are all read, what follows the end is refused', async () => {
  const [one, two] = [Buffer.from('{"a":1}'), Buffer.from('{"b":2}')]
  const gzip = Buffer.concat([zlib.gzipSync(one), zlib.gzipSync(two)])
  expect((await taken(gzip, json, 'gzip')).messages).toEqual(['{"a":1}', '{"b":2}'])
  const zstd = Buffer.concat([zlib.zstdCompressSync(one), zlib.zstdCompressSync(two)])
  expect((await taken(zstd, json, 'zstd')).messages).toEqual(['{"a":1}', '{"b":2}'])
  const junk = Buffer.concat([zlib.deflateSync(one), two])
  expect(await taken(junk, json, 'deflate')).toMatchObject({ status: 400, messages: [] })
})

test('a bomb is given up at the limit', async () => {
  const world = new FakeWorld()
  const input = await create(world, { max_inflated_size: '1MB' })
  const bomb = zlib.gzipSync(Buffer.alloc(50_000_000))
  for (const body of [bomb, zlib.zstdCompressSync(Buffer.alloc(50_000_000))]) {
    const answer = await post(input, body, json, body === bomb ? 'gzip' : 'zstd')
    expect(answer).toMatchObject({ status: 413 })
    expect(JSON.stringify(answer.body)).toContain('max_inflated_size')
  }
  expect(world.count('body_too_large')).toBe(2)
  expect(world.messages).toEqual([])
})

test('limits and types are refused with a text that says what to do', async () => {
  const world = new FakeWorld()
  const input = await create(world, { max_body_size: 10 })
  const large = await post(input, '{"a":12345}')
  expect(large).toMatchObject({ status: 413 })
  expect(JSON.stringify(large.body)).toContain('max_body_size')
  expect(await post(input, 'x', 'image/png')).toMatchObject({ status: 415 })
  expect(await post(input, 'x', json, 'compress')).toMatchObject({ status: 415 })
  expect(Object.fromEntries(world.counted)).toEqual({
    body_too_large: 1,
    bad_content: 1,
    bad_encoding: 1,
  })
})

test('too much that is not durable is 429, stopping is 503, both with a time to try again', async () => {
  const world = new FakeWorld()
  const input = await create(world, { max_pending_bytes: 20 })
  world.holds = true
  const first = post(input, '{"a":12345}')
  expect(await post(input, '{"a":12345}')).toMatchObject({ status: 429, retryAfterSeconds: 1 })
  world.failure = new Error('stopping')
  world.release()
  expect(await first).toMatchObject({ status: 503, retryAfterSeconds: 5, body: { accepted: 0 } })
  await input.stop(AbortSignal.timeout(20_000))
  expect(await post(input, '{}')).toMatchObject({ status: 503 })
})

test('a body that the journal does not take within journal_timeout is taken back, and 503', async () => {
  const clock = new ManualClock()
  const world = new FakeWorld({ clock })
  const input = await create(world, { journal_timeout: '10s' })
  const line = `{"a":"${'x'.repeat(900_000)}"}\n`
  world.outcome = ({ count }) => {
    world.holds = world.delivered.length > 0
    return { accepted: count, refused: [] }
  }
  const answer = post(input, line.repeat(6), ndjson)
  await until(() => world.delivered.length === 2)
  clock.advance(9_999)
  expect(world.unsettled).toBe(1)
  clock.advance(1)
  expect(await answer).toEqual({
    status: 503,
    retryAfterSeconds: 5,
    body: {
      accepted: 4,
      errors: [{ line: 5, reason: expect.stringMatching(/^journal_timeout: /) }],
    },
  })
  expect(input.status()).toMatchObject({ pending_bytes: 0 })
})

test('what is too large for the journal is 413', async () => {
  const world = new FakeWorld()
  world.failure = new WeirError('WEIR_REQUEST_TOO_LARGE', 'too many for a journal of 5')
  expect(await post(await create(world), '{"a":12345}')).toEqual({
    status: 413,
    body: { accepted: 0, errors: [{ line: 1, reason: 'too many for a journal of 5' }] },
  })
})

test('a large body is delivered in parts, and answered once all are durable', async () => {
  const world = new FakeWorld()
  const input = await create(world)
  const line = `{"a":"${'x'.repeat(90_000)}"}\n`
  expect(await post(input, line.repeat(100), ndjson)).toMatchObject({
    status: 200,
    body: { accepted: 100 },
  })
  expect(world.delivered.length).toBeGreaterThan(1)
})

test('other options hold for the next body; one that is under way is answered', async () => {
  const world = new FakeWorld()
  const input = await create(world)
  world.holds = true
  const first = post(input, '{"a":1}')
  await until(() => world.unsettled === 1)
  input.adopt!(inputs.schema.parse({ type: 'http', max_body_size: 10 }))!()
  expect((await post(input, '{"a":"too long"}')).status).toBe(413)
  world.release()
  expect((await first).status).toBe(200)
  expect((await post(input, '{"a":2}')).status).toBe(200)
})
