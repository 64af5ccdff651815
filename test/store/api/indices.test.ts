import { describe, expect, test } from 'vitest'
import { apiLimits } from '../../../store/api/limits.ts'
import { createEsApp, ndjson } from './es_app.ts'

describe('the life of an index', () => {
  const { ask, engine } = createEsApp()

  test('it is made, shown, filled, deleted, and starts empty again', async () => {
    const mappings = { properties: { name: { type: 'keyword' }, n: { type: 'long' } } }
    const made = await ask('PUT', '/life', {
      mappings,
      settings: { number_of_shards: 3, 'index.refresh_interval': '5s' },
      aliases: { alive: { filter: { term: { name: 'x' } } } },
    })
    expect(made.body).toEqual({ acknowledged: true, shards_acknowledged: true, index: 'life' })
    const shown = await ask('GET', '/life')
    expect(shown.body['life']!['mappings']).toEqual(mappings)
    expect(shown.body['life']!['settings']!['index']).toMatchObject({
      number_of_shards: '3',
      refresh_interval: '5s',
      provided_name: 'life',
    })
    expect(shown.body['life']!['aliases']).toEqual({ alive: { filter: { term: { name: 'x' } } } })
    const again = await ask('PUT', '/life')
    expect([again.status, again.body['error']!['type']]).toEqual([
      400,
      'resource_already_exists_exception',
    ])
    expect((await ask('HEAD', '/life')).status).toBe(200)
    expect((await ask('HEAD', '/alive')).status).toBe(200)
    await ask('PUT', '/life/_create/1?refresh=true', { name: 'x' })
    expect((await ask('GET', '/life/_count')).body['count']).toBe(1)
    expect((await ask('DELETE', '/life')).body).toEqual({ acknowledged: true })
    expect((await ask('HEAD', '/life')).status).toBe(404)
    expect((await ask('PUT', '/life/_create/1', {})).body['_version']).toBe(1)
    expect(engine.catalogue.indices.find(({ name }) => name === 'life')?.mapping?.fields).toEqual(
      [],
    )
    await ask('DELETE', '/life')
  })

  test.each([
    ['/UPPER', 'must be lowercase'],
    ['/_x', "must not start with '_', '-', or '+'"],
    ['/a%20b', 'must not contain the following characters'],
    ['/a%23b', "must not contain '#'"],
    [`/${'x'.repeat(256)}`, 'index name is too long, (255 bytes at most)'],
  ])('the name of %s is refused', async (path, reason) => {
    const reply = await ask('PUT', path)
    expect([reply.status, reply.body['error']!['type']]).toEqual([
      400,
      'invalid_index_name_exception',
    ])
    expect(reply.body['error']!['reason']).toContain(reason)
  })

  test('its mapping is read and extended', async () => {
    await ask('PUT', '/mapped', { mappings: { properties: { a: { type: 'keyword' } } } })
    const more = { properties: { b: { type: 'text', fields: { raw: { type: 'keyword' } } } } }
    expect((await ask('PUT', '/mapped/_mapping', more)).body).toEqual({ acknowledged: true })
    const { body } = await ask('GET', '/mapped/_mapping')
    expect(body).toEqual({
      mapped: { mappings: { properties: { a: { type: 'keyword' }, ...more.properties } } },
    })
    const other = await ask('PUT', '/mapped/_mapping', { properties: { a: { type: 'long' } } })
    expect(other.body['error']!['reason']).toBe(
      'mapper [a] cannot be changed from type [keyword] to [long]',
    )
    const field = await ask('GET', '/mapped/_mapping/field/b*')
    expect(field.body['mapped']!['mappings']).toMatchObject({
      b: { full_name: 'b', mapping: { b: { type: 'text' } } },
      'b.raw': { mapping: { raw: { type: 'keyword' } } },
    })
    expect((await ask('GET', '/none/_mapping')).status).toBe(404)
  })

  test('strict mappings and types are held to, item by item', async () => {
    await ask('PUT', '/strict', {
      mappings: {
        dynamic: 'strict',
        properties: { n: { type: 'integer' }, o: { properties: { ip: { type: 'ip' } } } },
      },
    })
    const reply = await ask(
      'POST',
      '/strict/_bulk',
      ndjson(
        { index: {} },
        { n: 1, o: { ip: '10.0.0.1' } },
        { index: {} },
        { n: 1, extra: true },
        { index: {} },
        { n: 'many' },
        { index: {} },
        { 'o.ip': 'home' },
        { index: {} },
        { n: [1, null, '2'] },
      ),
    )
    const types = [0, 1, 2, 3, 4].map(
      (at) => reply.body['items']![at]!['index']!['error']?.['type'],
    )
    expect(types).toEqual([
      undefined,
      'strict_dynamic_mapping_exception',
      'document_parsing_exception',
      'document_parsing_exception',
      undefined,
    ])
  })

  test('the error of a strict mapping names the field and what it is in', async () => {
    await ask('PUT', '/places', {
      mappings: { dynamic: 'strict', properties: { o: { properties: { a: { type: 'long' } } } } },
    })
    const reasonOf = async (document: object) =>
      (await ask('POST', '/places/_doc', document)).body['error']!['reason']
    const introduced = '[1:1] mapping set to strict, dynamic introduction of'
    expect(await reasonOf({ abc: 1 })).toBe(`${introduced} [abc] within [_doc] is not allowed`)
    expect(await reasonOf({ o: { b: 1 } })).toBe(`${introduced} [b] within [o] is not allowed`)
    for (const abc of [null, [], [null]])
      expect(await reasonOf({ abc })).toBe(`${introduced} [abc] within [_doc] is not allowed`)
    expect((await ask('POST', '/places/_doc', { o: null })).status).toBe(201)
  })

  test('options of a mapping that would not be obeyed are refused', async () => {
    for (const [mappings, reason] of [
      [{ numeric_detection: true }, '[numeric_detection] is not supported'],
      [{ properties: { n: { type: 'long', coerce: false } } }, '[coerce] [false] of field [n]'],
    ] as const) {
      const { status, body } = await ask('PUT', '/unobeyed', { mappings })
      expect([status, body['error']!['reason']]).toEqual([400, expect.stringContaining(reason)])
    }
  })

  test('what a field cannot hold is refused when it comes, to the digit', async () => {
    const properties = { f: { type: 'float' }, l: { type: 'long' }, ip: { type: 'ip' } }
    await ask('PUT', '/bounds', {
      mappings: {
        properties,
        dynamic_templates: [
          { all: { match_mapping_type: 'double', mapping: { type: 'half_float' } } },
        ],
      },
    })
    const put = (json: string) => ask('POST', '/bounds/_doc', json)
    expect((await put('{"f":3e38,"l":9223372036854775807,"ip":"::ffff:1.2.3.4"}')).status).toBe(201)
    for (const [json, shown] of [
      ['{"f":1e39}', 'field [f] of type [float]'],
      ['{"l":9223372036854775808}', 'field [l] of type [long]'],
      ['{"ip":"fe80::1%eth0"}', 'field [ip] of type [ip]'],
      ['{"learnt":70000.5}', 'field [learnt] of type [half_float]'],
    ] as const) {
      const { status, body } = await put(json)
      expect([status, body['error']!['type']]).toEqual([400, 'document_parsing_exception'])
      expect(body['error']!['reason']).toContain(shown)
    }
  })

  test('malformed values are kept where the index says so', async () => {
    await ask('PUT', '/lenient', {
      settings: { 'index.mapping.ignore_malformed': true },
      mappings: {
        properties: { n: { type: 'long' }, s: { type: 'long', ignore_malformed: false } },
      },
    })
    expect((await ask('POST', '/lenient/_doc', { n: 'x' })).status).toBe(201)
    expect((await ask('POST', '/lenient/_doc', { s: 'x' })).status).toBe(400)
  })

  test('dynamic templates teach fields their types', async () => {
    await ask('PUT', '/taught', {
      mappings: {
        dynamic_templates: [
          { codes: { match: '*_code', match_mapping_type: 'long', mapping: { type: 'keyword' } } },
          {
            texts: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: 10 } },
          },
        ],
      },
    })
    const document = { a: { http_code: 200, n: 1 }, text: 'x', ['__proto__']: 'own' }
    expect((await ask('POST', '/taught/_doc', document)).status).toBe(201)
    await ask('POST', '/taught/_doc', '{"__proto__":{"x":"y"}}')
    const fields = engine.catalogue.indices.find(({ name }) => name === 'taught')!.mapping!.fields
    expect(fields).toContainEqual({
      path: 'a.http_code',
      source: 'a.http_code',
      type: 'keyword',
      indexed: true,
    })
    expect(fields.find(({ path }) => path === 'text')).toMatchObject({ ignoreAbove: 10 })
    expect(fields.find(({ path }) => path === 'a.n')).toBeUndefined()
    expect(({} as Record<string, unknown>)['properties']).toBeUndefined()
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  test.each([
    [
      { mappings: { properties: { a: { type: 'spam' } } } },
      'The mapper type [spam] declared on field [a]',
    ],
    [{ mappings: { properties: { a: { type: 'keyword', spam: 1 } } } }, 'unknown parameter [spam]'],
    [{ mappings: { spam: 1 } }, 'Root mapping definition has unsupported parameters'],
    [
      { mappings: { properties: { a: { type: 'text', analyzer: 'english' } } } },
      'analyzer [english]',
    ],
    [{ mappings: { properties: { a: { type: 'alias', path: 'b' } } } }, 'Invalid [path] value [b]'],
    [{ mappings: { dynamic: 'maybe' } }, '[dynamic]'],
    [{ spam: {} }, 'unknown key [spam] for create index'],
  ])('%j is refused', async (body, reason) => {
    const reply = await ask('PUT', '/refused', body)
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toContain(reason)
    expect((await ask('HEAD', '/refused')).status).toBe(404)
  })

  test('a data stream takes a document without an id, whose operation is create', async () => {
    const document = { '@timestamp': '2026-11-21T00:00:00Z', m: 1 }
    const made = await ask('POST', '/logs-pd-a/_doc', document)
    expect([made.status, made.body['result']]).toEqual([201, 'created'])
    for (const path of ['_doc?op_type=index', '_doc/1']) {
      const refused = await ask('POST', `/logs-pd-a/${path}`, document)
      expect([refused.status, refused.body['error']!['reason']]).toEqual([
        400,
        'only write ops with an op_type of create are allowed in data streams',
      ])
    }
  })

  test('a template stays while a data stream has no other', async () => {
    const template = (priority: number) => ({
      index_patterns: ['used-*'],
      data_stream: {},
      priority,
    })
    await ask('PUT', '/_index_template/used', template(1))
    await ask('PUT', '/_data_stream/used-by-me')
    const refused = await ask('DELETE', '/_index_template/used')
    expect([refused.status, refused.body['error']!['reason']]).toEqual([
      400,
      'unable to remove composable templates [used] as they are in use by a data streams [used-by-me]',
    ])
    await ask('PUT', '/_index_template/instead', template(2))
    expect((await ask('DELETE', '/_index_template/used')).status).toBe(200)
    expect((await ask('DELETE', '/_data_stream/used-by-me')).status).toBe(200)
    expect((await ask('DELETE', '/_index_template/instead')).status).toBe(200)
  })

  test('aliases are written through and moved', async () => {
    await ask('PUT', '/alias-1')
    await ask('PUT', '/alias-2')
    const add = (index: string, more: object = {}) => ({ add: { index, alias: 'both', ...more } })
    await ask('POST', '/_aliases', { actions: [add('alias-1'), add('alias-2')] })
    const unsure = await ask('POST', '/both/_doc', {})
    expect(unsure.body['error']!['reason']).toContain('no write index is defined for alias [both]')
    await ask('POST', '/_aliases', { actions: [add('alias-2', { is_write_index: true })] })
    expect((await ask('POST', '/both/_doc', {})).body['_index']).toBe('alias-2')
    const shown = await ask('GET', '/_alias/both')
    expect(shown.body).toEqual({
      'alias-1': { aliases: { both: {} } },
      'alias-2': { aliases: { both: { is_write_index: true } } },
    })
    expect((await ask('DELETE', '/alias-1/_alias/both')).status).toBe(200)
    const missing = await ask('GET', '/_alias/nobody')
    expect([missing.status, missing.body['error']]).toEqual([404, 'alias [nobody] missing'])
    const required = await ask(
      'POST',
      '/_bulk?require_alias=true',
      ndjson({ index: { _index: 'alias-1' } }, {}),
    )
    expect(required.body['items']![0]!['index']!['error']!['reason']).toContain('[require_alias]')
    expect((await ask('DELETE', '/both')).status).toBe(400)
    expect((await ask('DELETE', '/alias-*')).status).toBe(400)
  })

  test('a refresh makes a stream found that came by an input a moment ago', async () => {
    const refresh = engine.refresh.bind(engine)
    engine.refresh = async () => {
      await refresh()
      const numbers = { documents: 1, deleted: 0, bytes: 100, createdMs: 0 }
      engine.streamsOfWeir = [{ name: 'logs-late-default', kind: 'data_stream', ...numbers }]
    }
    const { status, body } = await ask('POST', '/logs-late-default/_refresh')
    expect([status, body['_shards']]).toMatchObject([200, { total: 1 }])
  })

  test('open, close, refresh and the like', async () => {
    await ask('PUT', '/state')
    expect((await ask('POST', '/state/_close')).body['error']!['reason']).toContain('always open')
    const before = engine.refreshes
    expect((await ask('POST', '/state/_refresh')).body['_shards']).toMatchObject({ failed: 0 })
    expect(engine.refreshes).toBe(before + 1)
    expect((await ask('POST', '/_forcemerge?max_num_segments=1')).status).toBe(200)
    expect((await ask('POST', '/nobody/_refresh')).status).toBe(404)
    expect(
      (await ask('PUT', '/state/_settings', { index: { refresh_interval: '1s' } })).status,
    ).toBe(200)
    const settings = await ask('GET', '/state/_settings?flat_settings=true')
    expect(settings.body['state']!['settings']).toMatchObject({ 'index.refresh_interval': '1s' })
    const resolved = await ask('GET', '/_resolve/index/sta*')
    expect(resolved.body['indices']).toMatchObject([{ name: 'state', attributes: ['open'] }])
  })

  test('there are only so many', async () => {
    const small = createEsApp({
      limits: apiLimits.parse({ max_indices: 1, max_mapping_fields: 2 }),
    })
    const many = {
      mappings: { properties: { a: { type: 'long' }, b: { type: 'long' }, c: { type: 'long' } } },
    }
    expect((await small.ask('PUT', '/b', many)).body['error']!['reason']).toContain(
      'total fields [2]',
    )
    expect((await small.ask('PUT', '/a')).status).toBe(200)
    expect((await small.ask('PUT', '/b')).body['error']!['type']).toBe('validation_exception')
    const reply = await small.ask('POST', '/_bulk', ndjson({ index: { _index: 'c' } }, {}))
    expect(reply.body['items']![0]!['index']!['status']).toBe(400)
  })
})

describe('templates', () => {
  const { ask, engine } = createEsApp()

  test('compose what an index begins with', async () => {
    await ask('PUT', '/_component_template/base', {
      template: { mappings: { properties: { a: { type: 'keyword' }, b: { type: 'long' } } } },
    })
    const template = {
      index_patterns: ['t-*'],
      composed_of: ['base'],
      priority: 5,
      template: {
        mappings: { properties: { b: { type: 'double' } } },
        aliases: { all_t: {} },
        settings: { number_of_replicas: 1 },
      },
    }
    expect((await ask('PUT', '/_index_template/t', template)).body).toEqual({ acknowledged: true })
    await ask('POST', '/t-1/_doc', { a: 'x' })
    const made = engine.catalogue.indices.find(({ name }) => name === 't-1')!
    expect(made.mapping!.fields.map(({ path, type }) => [path, type])).toEqual([
      ['a', 'keyword'],
      ['b', 'double'],
    ])
    expect(Object.keys(made.aliases)).toEqual(['all_t'])
    const got = await ask('GET', '/_index_template/t*')
    expect(got.body['index_templates']![0]).toMatchObject({
      name: 't',
      index_template: { index_patterns: ['t-*'], composed_of: ['base'], priority: 5 },
    })
    const simulated = await ask('POST', '/_index_template/_simulate_index/t-9')
    expect(simulated.body['template']!['settings']).toEqual({ number_of_replicas: 1 })
    expect((await ask('HEAD', '/_index_template/none')).status).toBe(404)
    expect((await ask('DELETE', '/_index_template/t')).status).toBe(200)
    expect((await ask('GET', '/_index_template/t')).body['error']!['reason']).toBe(
      'index template matching [t] not found',
    )
  })

  test('a component that is in use stays', async () => {
    const component = { template: { mappings: { properties: { a: { type: 'keyword' } } } } }
    for (const name of ['used', 'optional', 'unused']) {
      await ask('PUT', `/_component_template/${name}`, component)
    }
    await ask('PUT', '/_index_template/user', {
      index_patterns: ['user-*'],
      composed_of: ['used', 'optional'],
      ignore_missing_component_templates: ['optional'],
    })
    const refused = await ask('DELETE', '/_component_template/us*')
    expect([refused.status, refused.body['error']!['reason']]).toEqual([
      400,
      'component templates [used] cannot be removed as they are still in use by index templates [user]',
    ])
    for (const name of ['optional', 'unused']) {
      expect((await ask('DELETE', `/_component_template/${name}`)).status).toBe(200)
    }
    expect((await ask('POST', '/user-1/_doc', { a: 'x' })).status).toBe(201)
    await ask('DELETE', '/_index_template/user')
    expect((await ask('DELETE', '/_component_template/used')).status).toBe(200)
  })

  test('two of the same priority that a name could fit are refused', async () => {
    const put = (name: string, ...patterns: string[]) =>
      ask('PUT', `/_index_template/${name}`, { index_patterns: patterns, priority: 7 })
    expect((await put('first', 'rival-*', 'other')).status).toBe(200)
    expect((await put('first', 'rival-*', 'other')).status).toBe(200)
    const { status, body } = await put('second', 'x', 'rival-a-*')
    expect([status, body['error']!['type']]).toEqual([400, 'illegal_argument_exception'])
    expect(body['error']!['reason']).toBe(
      'index template [second] has index patterns [x, rival-a-*] matching patterns from existing templates [first] with patterns (first => [rival-*, other]) that have the same priority [7], multiple index templates may not match during index creation, please use a different priority',
    )
    const higher = { index_patterns: ['rival-a-*'], priority: 8 }
    expect((await ask('PUT', '/_index_template/second', higher)).status).toBe(200)
    for (const [pattern, overlaps] of [
      ['*', true],
      ['*-rival', true],
      ['oth*r', true],
      ['rival', false],
      ['rival-b', true],
      ['riv-*', false],
      ['*other', true],
      ['others', false],
    ] as const) {
      expect([pattern, (await put('third', pattern)).status]).toEqual([
        pattern,
        overlaps ? 400 : 200,
      ])
    }
  })

  test('data streams come of them', async () => {
    await ask('PUT', '/_index_template/ds', {
      index_patterns: 'ds-*',
      data_stream: {},
      template: {},
    })
    expect((await ask('PUT', '/_data_stream/ds-1')).body).toEqual({ acknowledged: true })
    expect((await ask('POST', '/ds-1/_doc', {})).status).toBe(400)
    expect((await ask('POST', '/ds-1/_doc?op_type=create', { '@timestamp': 0 })).status).toBe(201)
    const shown = await ask('GET', '/_data_stream/ds-*')
    expect(shown.body['data_streams']![0]).toMatchObject({ name: 'ds-1', status: 'GREEN' })
    expect((await ask('DELETE', '/ds-1')).body['error']!['reason']).toContain('data stream')
    expect((await ask('DELETE', '/_data_stream/ds-1')).status).toBe(200)
    expect((await ask('GET', '/_data_stream/ds-1')).status).toBe(404)
  })

  test.each([
    ['/_index_template/x', { template: {} }, 'index patterns are missing'],
    ['/_index_template/x', { index_patterns: ['x'], spam: 1 }, 'unknown field [spam]'],
    ['/_index_template/x', { index_patterns: ['x'], composed_of: ['no'] }, 'do not exist'],
    ['/_component_template/x', {}, 'Required [template]'],
    [
      '/_component_template/x',
      { template: { mappings: { properties: { a: { type: 'spam' } } } } },
      'is invalid',
    ],
    ['/_ingest/pipeline/x', {}, '[processors] required property is missing'],
  ])('PUT %s %j is refused', async (path, body, reason) => {
    const reply = await ask('PUT', path, body)
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toContain(reason)
  })

  test('policies, pipelines and legacy templates are remembered', async () => {
    const policy = { phases: { hot: { actions: {} } } }
    await ask('PUT', '/_ilm/policy/p', { policy })
    expect((await ask('GET', '/_ilm/policy/p')).body['p']).toMatchObject({ policy })
    await ask('PUT', '/_ingest/pipeline/i', { processors: [] })
    expect((await ask('GET', '/_ingest/pipeline')).body).toEqual({ i: { processors: [] } })
    await ask('PUT', '/_template/l', {
      index_patterns: ['l-*'],
      mappings: { properties: { a: { type: 'ip' } } },
    })
    expect((await ask('GET', '/_template/l')).body['l']).toMatchObject({
      order: 0,
      index_patterns: ['l-*'],
    })
    await ask('PUT', '/l-1')
    expect((await ask('POST', '/l-1/_doc', { a: 'no ip' })).status).toBe(400)
    expect((await ask('PUT', '/_cluster/settings', { persistent: { a: 'b' } })).status).toBe(200)
    expect((await ask('GET', '/_cluster/settings')).body['persistent']).toEqual({ a: 'b' })
  })
})

describe('_cat', () => {
  const { ask, engine } = createEsApp()
  engine.streamsOfWeir = [
    {
      name: 'logs-nginx.access-default',
      kind: 'data_stream',
      documents: 7,
      deleted: 3,
      bytes: 123_456,
      createdMs: 0,
    },
  ]

  test('is text, or JSON for who asks', async () => {
    await ask('PUT', '/cat/_doc/1', {})
    const text = await ask('GET', '/_cat/indices?v&h=index,docs.count,store.size&s=index:desc')
    expect(text.headers['content-type']).toBe('text/plain; charset=UTF-8')
    expect(text.text).toBe(
      [
        'index                     docs.count store.size',
        'logs-nginx.access-default          7    120.6kb',
        'cat                                1         2b',
        '',
      ].join('\n'),
    )
    const json = await ask('GET', '/_cat/indices/logs-*?format=json&bytes=b')
    expect(json.body).toMatchObject([
      { health: 'green', 'docs.count': '7', 'docs.deleted': '3', 'store.size': '123456' },
    ])
    const { body } = await ask('GET', '/logs-*/_stats')
    expect(body['_all']).toMatchObject({ total: { docs: { count: 7, deleted: 3 } } })
    const accepted = await ask('GET', '/_cat/health', undefined, { accept: 'application/json' })
    expect(accepted.body).toMatchObject([{ cluster: 'weir', status: 'green' }])
    for (const name of ['nodes', 'aliases', 'templates', 'count']) {
      expect((await ask('GET', `/_cat/${name}?v`)).status).toBe(200)
    }
    expect((await ask('GET', '/_cat/indices?format=yaml')).status).toBe(400)
    expect((await ask('GET', '/_cat/indices?s=spam')).status).toBe(400)
    expect((await ask('GET', '/_cat')).text).toContain('/_cat/indices')
  })
})
