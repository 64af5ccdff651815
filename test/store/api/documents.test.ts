import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { apiLimits } from '../../../store/api/limits.ts'
import { createEsApp, type Loose, ndjson } from './es_app.ts'
import { FakeEngine } from './fake_engine.ts'

const itemsOf = (body: Loose) => body['items'] as unknown as readonly Loose[]

const timed = { '@timestamp': '2026-01-02T03:04:05+01:00', message: 'hello' }

describe('_bulk', () => {
  const { ask, engine } = createEsApp()

  test('to delete a document of an index that does not exist makes none', async () => {
    const { ask } = createEsApp()
    const lines = [{ delete: { _index: 'none-yet', _id: 'q' } }]
    const reply = await ask('POST', '/_bulk', ndjson(...lines))
    expect(reply.body).toMatchObject({
      errors: true,
      items: [{ delete: { status: 404, error: { type: 'index_not_found_exception' } } }],
    })
    expect((await ask('HEAD', '/none-yet')).status).toBe(404)
    const both = [...lines, { index: { _index: 'none-yet', _id: 'q' } }, { n: 1 }]
    const after = await ask('POST', '/_bulk', ndjson(...both))
    expect(after.body['errors']).toBe(false)
    expect(itemsOf(after.body)).toMatchObject([
      { delete: { status: 404, result: 'not_found' } },
      { index: { status: 201, result: 'created' } },
    ])
  })

  test('require_alias holds nobody up who deletes', async () => {
    const { ask } = createEsApp()
    await ask('PUT', '/held/_doc/1', { n: 1 })
    const lines = ['held', 'none-yet'].flatMap((_index) => [
      { delete: { _index, _id: '1', require_alias: true } },
      { index: { _index, _id: '2', require_alias: true } },
      { n: 2 },
    ])
    const reply = await ask('POST', '/_bulk', ndjson(...lines))
    expect(itemsOf(reply.body)).toMatchObject([
      { delete: { status: 200, result: 'deleted' } },
      { index: { status: 404 } },
      { delete: { status: 404, error: { reason: 'no such index [none-yet]' } } },
      { index: { status: 404 } },
    ])
    expect((await ask('HEAD', '/none-yet')).status).toBe(404)
  })

  test('answers each item in order, once it is in the journal', async () => {
    const reply = await ask(
      'POST',
      '/_bulk',
      ndjson(
        { index: { _index: 'bulk-1', _id: 'a' } },
        { n: 1 },
        { create: { _index: 'bulk-1', _id: 'b' } },
        { n: 2 },
        { create: { _index: 'bulk-1', _id: 'b' } },
        { n: 3 },
        { index: { _index: 'bulk-1', _id: 'a' } },
        { n: 4 },
        { delete: { _index: 'bulk-1', _id: 'b' } },
        { delete: { _index: 'bulk-1', _id: 'nobody' } },
        { index: { _index: 'bulk-1' } },
        { n: 5 },
        { update: { _index: 'bulk-1', _id: 'a' } },
        { doc: { n: 6 } },
      ),
    )
    expect(reply.status).toBe(200)
    expect(reply.body['errors']).toBe(true)
    const items = itemsOf(reply.body).map((each) => Object.entries(each)[0]!)
    expect(
      items.map(([verb, { status, result, error }]) => [verb, status, result ?? error!['type']]),
    ).toEqual([
      ['index', 201, 'created'],
      ['create', 201, 'created'],
      ['create', 409, 'version_conflict_engine_exception'],
      ['index', 200, 'updated'],
      ['delete', 200, 'deleted'],
      ['delete', 404, 'not_found'],
      ['index', 201, 'created'],
      ['update', 400, 'illegal_argument_exception'],
    ])
    expect(items[3]![1]).toMatchObject({
      _index: 'bulk-1',
      _id: 'a',
      _version: 2,
      _primary_term: 1,
    })
    expect(items[2]![1]!['error']!['reason']).toBe(
      '[b]: version conflict, document already exists (current version [1])',
    )
    const [first, second, replaced, deleted] = engine.lines.map((line) => line['@es'] as object)
    expect(first).toEqual({ id: 'a', seq: 1, op: 'index', no_time: true })
    expect(second).toMatchObject({ id: 'b', op: 'create' })
    expect(replaced).toMatchObject({ id: 'a', op: 'index', replaces: 1 })
    expect(deleted).toMatchObject({ id: 'b', op: 'delete', replaces: 2 })
  })

  test('keeps the bytes of documents as they came', async () => {
    const source =
      '{"big":12345678901234567890,"float":1.0,"text":"\\u00e9 \\ud83d\\ude00","nested":{"a.b":[]}}'
    await ask('POST', '/bytes/_bulk', `{"index":{"_id":"x"}}\r\n${source}\r\n`)
    const last = Buffer.from(engine.batches.at(-1)!.bytes).toString()
    expect(last.endsWith(`,"source":${source}}\n`)).toBe(true)
    const spread = '{\n  "a": 1,\r\n  "b": "x"\n}'
    await ask('PUT', '/bytes/_doc/y', spread)
    const line = Buffer.from(engine.batches.at(-1)!.bytes).toString()
    expect(line.split('\n')).toHaveLength(2)
    expect(JSON.parse(line)).toMatchObject({ source: { a: 1, b: 'x' } })
  })

  test.each([
    ['lone surrogate', '{"a":"\\ud800"}', 'surrogate'],
    ['no JSON', '{"a":', 'JSON'],
    ['an array', '[1]', 'no JSON object'],
    ['a name twice', '{"a":1,"b":{"c":1,"c":2}}', "Duplicate field 'c'"],
    ['too deep', `${'{"a":'.repeat(101)}1${'}'.repeat(101)}`, 'depth of the field'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'UTF-8'],
    ['an empty line', '', 'JSON'],
  ])('%s is refused by itself', async (_name, document, reason) => {
    const body = Buffer.concat([
      Buffer.from('{"index":{"_id":"good-1"}}\n{"a":"\\\\ud800"}\n{"index":{}}\n'),
      Buffer.from(document),
      Buffer.from('\n{"index":{"_id":"good-2"}}\n{"__proto__":{"a":1},"":2}\n'),
    ])
    const reply = await ask('POST', '/bad/_bulk', body)
    const statuses = itemsOf(reply.body).map((each) => each['index']!['status'])
    expect([201, 200]).toContain(statuses[0])
    expect(statuses[1]).toBe(400)
    expect([201, 200]).toContain(statuses[2])
    const { error } = reply.body['items']![1]!['index']!
    expect(error!['type']).toBe('document_parsing_exception')
    expect(error!['reason']).toContain(reason)
  })

  test('a data stream takes only new documents with a time', async () => {
    const stream = 'logs-app-default'
    const reply = await ask(
      'POST',
      `/${stream}/_bulk`,
      ndjson(
        { create: {} },
        timed,
        { index: {} },
        timed,
        { create: {} },
        { message: 'when?' },
        { create: {} },
        { '@timestamp': 'yesterday' },
        { create: {} },
        { '@timestamp': 1_700_000_000_000 },
      ),
    )
    const items = itemsOf(reply.body).map((each) => Object.values(each)[0]!)
    expect(items.map(({ status }) => status)).toEqual([201, 400, 400, 400, 201])
    expect(items[1]!['error']!['reason']).toBe(
      'only write ops with an op_type of create are allowed in data streams',
    )
    expect(items[2]!['error']!['reason']).toContain('[@timestamp] is missing')
    const times = engine.lines.slice(-2).map((line) => line['@timestamp'])
    expect(times).toEqual(['2026-01-02T02:04:05.000Z', '2023-11-14T22:13:20.000Z'])
    expect(engine.catalogue.indices.find(({ name }) => name === stream)?.isDataStream).toBe(true)
  })

  test.each([
    ['no line end', '{"index":{"_index":"a"}}\n{}', 'must be terminated by a newline'],
    ['an unknown action', '{"spam":{}}\n{}\n', 'but found [spam]'],
    ['no object', '"index"\n{}\n', 'Malformed action/metadata line [1], expected START_OBJECT'],
    ['an unknown parameter', '{"index":{"_index":"a","spam":1}}\n{}\n', 'unknown parameter [spam]'],
    ['no index', '{"index":{}}\n{}\n', 'index is missing'],
    ['no document', '{"index":{"_index":"a"}}\n', 'its document is missing'],
    ['nothing', '', 'request body is required'],
    ['an object', '{"index":{"_index":{}}}\n{}\n', 'expected a simple value for field [_index]'],
  ])('a body with %s is refused as a whole', async (_name, body, reason) => {
    const before = engine.batches.length
    const reply = await ask('POST', '/_bulk', body)
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toContain(reason)
    expect(reply.body['error']!['root_cause']![0]!['type']).toBe(reply.body['error']!['type'])
    expect(engine.batches).toHaveLength(before)
  })

  test('bad names are refused by themselves', async () => {
    const reply = await ask(
      'POST',
      '/_bulk',
      ndjson({ index: { _index: 'UPPER' } }, {}, { index: { _index: 'fine' } }, {}),
    )
    const [bad, good] = itemsOf(reply.body).map((each) => each['index']!)
    expect(bad!['error']!['type']).toBe('invalid_index_name_exception')
    expect(good!['status']).toBe(201)
  })

  test('what shippers of older versions send is taken', async () => {
    const reply = await ask(
      'PUT',
      '/_bulk?pipeline=x&timeout=1m&refresh=false',
      ndjson({ index: { _index: 'old', _type: '_doc', _id: 7, routing: 'r', pipeline: 'p' } }, {}),
    )
    expect(reply.body['items']![0]!['index']).toMatchObject({ _id: '7', status: 201 })
  })

  test('more items than allowed are a 413', async () => {
    const small = createEsApp({ limits: apiLimits.parse({ max_bulk_items: 2 }) })
    const item = ndjson({ index: { _index: 'a' } }, {})
    expect((await small.ask('POST', '/_bulk', item.repeat(2))).status).toBe(200)
    expect((await small.ask('POST', '/_bulk', item.repeat(3))).status).toBe(413)
  })
})

describe('when the journal', () => {
  test('is paused, a write is a 503 with the reason', async () => {
    const { ask } = createEsApp({ paused: () => 'the disk is full' })
    const reply = await ask('POST', '/_bulk', ndjson({ index: { _index: 'a' } }, {}))
    expect(reply.status).toBe(503)
    expect(reply.body['error']!['reason']).toContain('the disk is full')
    expect((await ask('GET', '/_search')).status).toBe(200)
  })

  test('drops, it is a 429 and the ids are free again', async () => {
    let answer: 'durable' | 'dropped' = 'dropped'
    const { ask, services } = createEsApp({ append: async () => answer })
    const body = ndjson({ create: { _index: 'a', _id: 'x' } }, {})
    const reply = await ask('POST', '/_bulk', body)
    expect(reply.status).toBe(429)
    expect(reply.body['error']!['type']).toBe('es_rejected_execution_exception')
    expect(services.ids.get('a', 'x')).toBeUndefined()
    answer = 'durable'
    expect((await ask('POST', '/_bulk', body)).body['errors']).toBe(false)
    expect(services.ids.get('a', 'x')).toMatchObject({ version: 1 })
  })

  test('is slow, two requests for one id come one after the other', async () => {
    const waiting: (() => void)[] = []
    const { ask, services } = createEsApp({
      append: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve('durable'))
        }),
    })
    const first = ask('PUT', '/a/_create/x', '{}')
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(1)
    const second = ask('PUT', '/a/_create/x', '{}')
    const other = ask('PUT', '/a/_create/y', '{}')
    await expect.poll(() => waiting.length, { timeout: 20_000 }).toBe(2)
    for (const done of waiting) done()
    expect([(await first).status, (await second).status, (await other).status]).toEqual([
      201, 409, 201,
    ])
    expect(services.ids.settledSeq).toBe(2)
  })
})

describe('one document', () => {
  const { ask, engine } = createEsApp()

  test('is written, read, replaced and deleted by its id', async () => {
    const made = await ask('PUT', '/one/_doc/a%2Fb', timed)
    expect([made.status, made.body['result'], made.body['_version']]).toEqual([201, 'created', 1])
    const got = await ask('GET', '/one/_doc/a%2Fb')
    expect(got.status).toBe(200)
    expect(got.body).toEqual({
      _index: 'one',
      _id: 'a/b',
      _version: 1,
      _seq_no: made.body['_seq_no'],
      _primary_term: 1,
      found: true,
      _source: timed,
    })
    expect((await ask('HEAD', '/one/_doc/a%2Fb')).status).toBe(200)
    const source = await ask('GET', '/one/_source/a%2Fb?_source_includes=mess*')
    expect(source.body).toEqual({ message: 'hello' })
    const again = await ask('POST', '/one/_doc/a%2Fb?refresh=true', { n: 2 })
    expect(again.body).toMatchObject({ result: 'updated', _version: 2, forced_refresh: true })
    const gone = await ask('DELETE', '/one/_doc/a%2Fb?refresh=wait_for')
    expect([gone.status, gone.body['result']]).toEqual([200, 'deleted'])
    const none = await ask('GET', '/one/_doc/a%2Fb')
    expect([none.status, none.body]).toEqual([404, { _index: 'one', _id: 'a/b', found: false }])
    expect((await ask('HEAD', '/one/_source/a%2Fb')).status).toBe(404)
    const twice = await ask('DELETE', '/one/_doc/a%2Fb')
    expect([twice.status, twice.body['result']]).toEqual([404, 'not_found'])
  })

  test('without an id gets one, by which it can be replaced', async () => {
    const made = await ask('POST', '/one/_doc', timed)
    const id = String(made.body['_id'])
    expect(id).toMatch(/^w-[\w-]{20}$/)
    const again = await ask('PUT', `/one/_doc/${id}`, { n: 2 })
    expect([again.status, again.body['result']]).toEqual([200, 'updated'])
    expect((await ask('GET', `/one/_doc/${id}`)).body['_source']).toEqual({ n: 2 })
    const gone = await ask('DELETE', `/one/_doc/${id}`)
    expect(gone.body['result']).toBe('deleted')
    expect((await ask('GET', `/one/_doc/${id}`)).status).toBe(404)
  })

  test('is created once', async () => {
    expect((await ask('PUT', '/one/_create/c', {})).status).toBe(201)
    for (const url of ['/one/_create/c', '/one/_doc/c?op_type=create']) {
      const reply = await ask('PUT', url, {})
      expect(reply.status).toBe(409)
      expect(reply.body['error']!['type']).toBe('version_conflict_engine_exception')
    }
  })

  test('is changed only as it was read', async () => {
    const made = await ask('PUT', '/one/_doc/v', { n: 1 })
    const seq = Number(made.body['_seq_no'])
    const stale = await ask('PUT', `/one/_doc/v?if_seq_no=${seq + 5}&if_primary_term=1`, { n: 2 })
    expect(stale.status).toBe(409)
    expect(stale.body['error']!['reason']).toContain(`current document has seqNo [${seq}]`)
    const fresh = await ask('PUT', `/one/_doc/v?if_seq_no=${seq}&if_primary_term=1`, { n: 2 })
    expect(fresh.status).toBe(200)
    const gone = await ask('DELETE', `/one/_doc/v?if_seq_no=${seq}&if_primary_term=1`)
    expect(gone.status).toBe(409)
    for (const [half, reason] of [
      ['if_seq_no=0', 'ifSeqNo is set, but primary term is [0]'],
      ['if_primary_term=1', 'ifSeqNo is unassigned, but primary term is [1]'],
    ] as const) {
      const { status, body } = await ask('PUT', `/one/_doc/v?${half}`, { n: 2 })
      expect([status, body['error']!['reason']]).toEqual([400, `Validation Failed: 1: ${reason};`])
    }
    const absent = await ask('PUT', '/one/_doc/none?if_seq_no=1&if_primary_term=1', {})
    expect(absent.status).toBe(409)
  })

  test('that Weir took in itself stays as it is', async () => {
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV-7'
    engine.events.set(id, '{"message":"from a file"}')
    const reply = await ask('PUT', `/one/_doc/${id}`, {})
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toContain('neither replaced nor deleted')
    expect((await ask('GET', `/one/_doc/${id}`)).body['_source']).toEqual({
      message: 'from a file',
    })
  })

  test('who asks for stored fields gets no source unless that is asked for', async () => {
    await ask('PUT', '/fields/_doc/1', { n: 1 })
    const { body } = await ask('GET', '/fields/_doc/1?stored_fields=n')
    expect(body).toMatchObject({ found: true })
    expect(body).not.toHaveProperty('_source')
    const both = await ask('GET', '/fields/_doc/1?stored_fields=n&_source=true')
    expect(both.body['_source']).toEqual({ n: 1 })
    const many = await ask('GET', '/fields/_mget', {
      docs: [{ _id: '1', stored_fields: ['n'] }, { _id: '1' }],
    })
    expect(many.body['docs']!.map((each) => '_source' in each)).toEqual([false, true])
  })

  test('answers are JSON, and another format is refused', async () => {
    const { status, body } = await ask('GET', '/_search?format=yaml')
    expect([status, body['error']!['reason']]).toEqual([
      400,
      '[format=yaml] is not supported: answers are JSON',
    ])
    expect((await ask('GET', '/_search?format=json')).status).toBe(200)
  })

  test('several are read at once', async () => {
    await ask('PUT', '/many/_doc/1', { n: 1, m: 1 })
    await ask('PUT', '/many/_doc/2', { n: 2 })
    const reply = await ask('POST', '/many/_mget', {
      docs: [{ _id: '2' }, { _id: '3' }, { _id: '1', _source: ['m'] }, { _index: 'no', _id: '1' }],
    })
    const docs = reply.body['docs'] as unknown as readonly Loose[]
    expect(docs.map((each) => each['found'])).toEqual([true, false, true, undefined])
    expect(docs[2]!['_source']).toEqual({ m: 1 })
    expect(docs[3]!['error']!['type']).toBe('index_not_found_exception')
    await ask('PUT', '/many/_doc/1234567890123456789', { n: 3 })
    const long = await ask('GET', '/many/_mget', '{"ids":[1234567890123456789]}')
    expect(long.body['docs']![0]!['found']).toBe(true)
    const ids = await ask('GET', '/many/_mget', { ids: ['1', '2'] })
    expect(ids.body['docs']).toHaveLength(2)
    expect((await ask('POST', '/_mget', { ids: ['1'] })).status).toBe(400)
  })

  test('an update is refused with the reason', async () => {
    const reply = await ask('POST', '/one/_update/a', { doc: {} })
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toContain('send the whole document')
  })

  test('errors have the shape of single answers', async () => {
    const none = await ask('DELETE', '/nothing/_doc/1')
    expect([none.status, none.body['error']!['type']]).toEqual([404, 'index_not_found_exception'])
    const long = await ask('PUT', `/one/_doc/${'x'.repeat(513)}`, {})
    expect(long.body['error']!['reason']).toContain('no longer than 512 bytes')
    const bad = await ask('PUT', '/one/_doc/1', '{"a":')
    expect(bad.body['error']!['root_cause']![0]!['type']).toBe('document_parsing_exception')
    expect((await ask('PUT', '/one/_doc/1?refresh=soon', {})).status).toBe(400)
    expect((await ask('PUT', '/one/_doc/1?version=3', {})).status).toBe(400)
    expect((await ask('GET', '/nothing/_doc/1')).status).toBe(404)
  })

  test('of two who send to an index that is not there, the second finds it', async () => {
    // The first makes the index while the second looks for the last time.
    const turns = [1, 1, 1, 10]
    class SlowEngine extends FakeEngine {
      override async streams() {
        for (let turn = turns.shift() ?? 1; turn > 0; turn--) await setImmediate()
        return await super.streams()
      }
    }
    const { ask: send } = createEsApp({ engine: new SlowEngine() })
    const posts = [1, 2].map((n) => send('POST', '/fresh/_doc', { n }))
    expect((await Promise.all(posts)).map(({ status }) => status)).toEqual([201, 201])
  })
})

test('the id of a document that retention took is free, and that of one that is there is not', async () => {
  const { ask, engine } = createEsApp()
  for (const id of ['1', '2', '3', '4']) await ask('PUT', `/kept/_create/${id}`, timed)
  await ask('POST', '/_refresh')
  engine.retain('kept', ['1', '2', '4'])
  const created = await ask('PUT', '/kept/_create/1', timed)
  expect([created.status, created.body['result'], created.body['_version']]).toEqual([
    201,
    'created',
    1,
  ])
  const indexed = await ask('PUT', '/kept/_doc/2', timed)
  expect([indexed.status, indexed.body['result']]).toEqual([201, 'created'])
  expect((await ask('DELETE', '/kept/_doc/4')).body['result']).toBe('not_found')
  for (const id of ['1', '2', '3'])
    expect((await ask('PUT', `/kept/_create/${id}`, timed)).status).toBe(409)
  expect((await ask('PUT', '/kept/_doc/3', timed)).body['result']).toBe('updated')
  const twice = ndjson(
    { create: { _index: 'kept', _id: '4' } },
    timed,
    { create: { _index: 'kept', _id: '4' } },
    timed,
  )
  const items = itemsOf((await ask('POST', '/_bulk', twice)).body)
  expect(items.map((item) => Number(item['create']!['status']))).toEqual([201, 409])
  expect(engine.lines.filter((line) => 'replaces' in (line['@es'] as object))).toHaveLength(1)
})
