import { Api } from '../../../store/api/api.ts'
import { brotliCompressSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { allRoutes } from '../../../store/api/all_routes.ts'
import { createEsApp, ndjson } from './es_app.ts'

describe('the port', () => {
  test('says who it is, on every answer', async () => {
    const { ask } = createEsApp()
    const root = await ask('GET', '/')
    expect(root.status).toBe(200)
    expect(root.body).toMatchObject({
      cluster_name: 'weir',
      version: { number: '8.19.0', build_flavor: 'default' },
      tagline: 'You Know, for Search',
    })
    expect(root.headers['x-elastic-product']).toBe('Elasticsearch')
    expect(root.headers['content-type']).toBe('application/json')
    const head = await ask('HEAD', '/')
    expect([head.status, head.text]).toEqual([200, ''])
    const missing = await ask('GET', '/nothing/here/at/all')
    expect(missing.headers['x-elastic-product']).toBe('Elasticsearch')
    expect(missing.status).toBe(400)
    expect(missing.body['error']).toBe(
      'no handler found for uri [/nothing/here/at/all] and method [GET]',
    )
  })

  test('answers without a prefix as well', async () => {
    const { services } = createEsApp()
    const { fastify } = await import('fastify')
    const { addElasticsearchRoutes } = await import('../../../store/api/routes.ts')
    const app = fastify()
    const api = new Api(services)
    addElasticsearchRoutes(
      app,
      '',
      () => api,
      () => undefined,
    )
    const reply = await app.inject({ url: '/_cluster/health?wait_for_status=yellow' })
    expect(reply.json()).toMatchObject({ status: 'green', timed_out: false })
    expect((await app.inject({ url: '/' })).statusCode).toBe(200)
    const none = await app.inject({ method: 'PUT', url: '/_cluster/health' })
    expect(none.json()).toMatchObject({ status: 405 })
  })

  test('a method that a path does not have is a 405', async () => {
    const { ask } = createEsApp()
    const reply = await ask('DELETE', '/_cluster/health')
    expect(reply.status).toBe(405)
    expect(reply.headers['allow']).toBe('GET')
    expect(reply.body['error']).toBe(
      'Incorrect HTTP method for uri [/_cluster/health] and method [DELETE], allowed: [GET]',
    )
    // As there, where the path also fits that of an index.
    const index = await ask('DELETE', '/_bulk')
    expect(index.body['error']!['type']).toBe('invalid_index_name_exception')
  })

  test('unknown parameters are refused in its words', async () => {
    const { ask } = createEsApp()
    const reply = await ask('GET', '/_search?sise=3&sort=a')
    expect(reply.status).toBe(400)
    expect(reply.body['error']!['reason']).toBe(
      'request [/_search] contains unrecognized parameter: [sise]',
    )
    const near = await ask('GET', '/_search?track_total=1')
    expect(near.body['error']!['reason']).toContain('-> did you mean any of [track_total_hits')
  })

  test.each(['7', '8', '9'])('compatible-with=%s is taken and echoed', async (version) => {
    const { ask } = createEsApp()
    const type = `application/vnd.elasticsearch+json; compatible-with=${version}`
    const reply = await ask('POST', '/_search', '{}', { accept: type, 'content-type': type })
    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toBe(
      `application/vnd.elasticsearch+json;compatible-with=${version}`,
    )
  })

  test('other media types are refused with 406', async () => {
    const { ask } = createEsApp()
    const reply = await ask('POST', '/_search', '{}', { 'content-type': 'application/yaml' })
    expect(reply.status).toBe(406)
    expect(reply.body['error']!['type']).toBe('media_type_header_exception')
  })

  test('bodies come in gzip and zstd, and answers go in gzip', async () => {
    const { ask, app } = createEsApp()
    const lines = ndjson({ index: { _index: 'a' } }, { n: 1 })
    for (const [name, body] of [
      ['gzip', gzipSync(lines)],
      ['zstd', zstdCompressSync(lines)],
      // As those send it who compress while they write.
      ['zstd', Buffer.concat(lines.split(/(?<=\n)/).map((line) => zstdCompressSync(line)))],
      ['br', brotliCompressSync(lines)],
    ] as const) {
      const reply = await ask('POST', '/_bulk', body, { 'content-encoding': name })
      expect(reply.body).toMatchObject({ errors: false, items: [{}] })
    }
    const broken = await ask('POST', '/_bulk', 'no gzip', { 'content-encoding': 'gzip' })
    expect(broken.status).toBe(400)
    const unknown = await ask('POST', '/_bulk', 'x', { 'content-encoding': 'lzma' })
    expect(unknown.status).toBe(415)
    const reply = await app.inject({
      url: '/es/_nodes?pretty&human',
      headers: { 'accept-encoding': 'gzip, deflate' },
    })
    const long = await app.inject({ url: '/es/_search', headers: { 'accept-encoding': 'gzip' } })
    expect(reply.statusCode).toBe(200)
    expect(long.headers['content-encoding']).toBeUndefined()
    const wide = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`field_${n}`, 'text']))
    await ask('PUT', '/a/_doc/wide', wide)
    const got = await app.inject({
      url: '/es/a/_doc/wide',
      headers: { 'accept-encoding': 'gzip' },
    })
    expect(got.headers['content-encoding']).toBe('gzip')
    expect(JSON.parse(gunzipSync(got.rawPayload).toString())).toMatchObject({ _source: wide })
  })

  test('a bomb is given up when it gets too large', async () => {
    const { apiLimits } = await import('../../../store/api/limits.ts')
    const { ask } = createEsApp({ limits: apiLimits.parse({ max_inflated_size: 1_000 }) })
    const bomb = gzipSync(Buffer.alloc(100_000))
    const reply = await ask('POST', '/_bulk', bomb, { 'content-encoding': 'gzip' })
    expect(reply.status).toBe(413)
  })

  test('filter_path and pretty shape the answer', async () => {
    const { ask } = createEsApp()
    const reply = await ask('GET', '/_nodes/_local?filter_path=nodes.*.version,cluster_name&pretty')
    expect(reply.body).toEqual({
      cluster_name: 'weir',
      nodes: { weir0000000000000000AA: { version: '8.19.0' } },
    })
    expect(reply.text).toContain('\n  "cluster_name"')
    const without = await ask('GET', '/?filter_path=-version,-name')
    expect(Object.keys(without.body)).toEqual(['cluster_name', 'cluster_uuid', 'tagline'])
  })

  test('every route has a path of its own', () => {
    const all = allRoutes.flatMap(({ methods, paths }) =>
      paths.flatMap((path) => methods.map((method) => `${method} ${path}`)),
    )
    expect(all.filter((each, at) => all.indexOf(each) !== at)).toEqual([])
  })
})

describe('access', () => {
  const tokens = [
    { name: 'shipper', secret: 'ingest-secret-0123456', scopes: ['ingest'] },
    { name: 'reader', secret: 'reader-secret-0123456', scopes: ['read'] },
  ]
  const forwarded = { 'x-forwarded-for': '10.0.0.1' }
  const withToken = (value: string) => ({ ...forwarded, authorization: value })
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  test('a stranger is answered as Elasticsearch answers', async () => {
    const { ask } = createEsApp({ http: { tokens } })
    const reply = await ask('GET', '/', undefined, forwarded)
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toContain('Basic realm="security"')
    expect(reply.body['error']).toMatchObject({ type: 'security_exception' })
    expect(reply.body['status']).toBe(401)
  })

  test.each([
    ['bearer', 'Bearer ingest-secret-0123456'],
    ['API key', `ApiKey ${base64('any-id:ingest-secret-0123456')}`],
    ['API key as it is', 'ApiKey ingest-secret-0123456'],
    ['password', `Basic ${base64('elastic:ingest-secret-0123456')}`],
  ])('a token comes as %s', async (_name, value) => {
    const { ask } = createEsApp({ http: { tokens } })
    expect((await ask('GET', '/', undefined, withToken(value))).status).toBe(200)
    const body = ndjson({ index: { _index: 'a' } }, {})
    expect((await ask('POST', '/_bulk', body, withToken(value))).status).toBe(200)
    const search = await ask('GET', '/_search', undefined, withToken(value))
    expect(search.status).toBe(403)
    expect(search.body['error']!['type']).toBe('security_exception')
  })

  test('a reader may ask and not write', async () => {
    const { ask } = createEsApp({ http: { tokens } })
    const headers = withToken('Bearer reader-secret-0123456')
    expect((await ask('GET', '/_search', undefined, headers)).status).toBe(200)
    expect((await ask('POST', '/a/_doc', '{}', headers)).status).toBe(403)
    expect((await ask('DELETE', '/a', undefined, headers)).status).toBe(403)
  })
})
