import { createServer } from 'node:http'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { outputs } from '../../../collector/outputs/all.ts'
import type { Output } from '../../../core/delivery/output.ts'
import { PermanentError, TooLargeError } from '../../../core/errors.ts'
import { subsetOf } from '../../../core/journal/chunk.ts'
import { inTurn } from '../../peers/bulk_script.ts'
import { startBulkSink, type BulkSink } from '../../peers/bulk_sink.ts'
import { freePort } from '../../peers/process.ts'
import { chunkOf, numbered, segment, testContext } from './chunks.ts'

let sink: BulkSink
const made: Output[] = []
const soon = () => AbortSignal.timeout(5_000)

beforeEach(async () => {
  sink = await startBulkSink()
})
afterEach(async () => {
  for (const output of made.splice(0)) await output.stop(soon())
  await sink.stop()
})

function output(config: object = {}, given = testContext()): Output {
  const parsed = outputs.schema.parse({ type: 'elasticsearch', hosts: [sink.url], ...config })
  const created = outputs.create(parsed, given.context)
  made.push(created)
  return created
}
const write = (to: Output, chunk = chunkOf([numbered(10)]), mayBeKnown = false) =>
  to.write({ chunk, mayBeKnown }, soon())

describe('the elasticsearch output', () => {
  it('delivers a chunk of one and of several streams in one request each', async () => {
    const es = output()
    expect(await write(es)).toEqual([])
    const several = chunkOf([numbered(3, 'a'), numbered(3, 'b')], `${segment.slice(0, -1)}1`)
    expect(await write(es, several)).toEqual([])
    expect(sink.counts).toMatchObject({ requests: 2, events: 16 })
    expect(sink.requests.map(({ path }) => path)).toEqual(['/logs-app-default/_bulk', '/_bulk'])
  })

  it('compresses when it is told to', async () => {
    expect(await write(output({ gzip: true }))).toEqual([])
    expect(sink.counts.events).toBe(10)
  })

  it('says which events remain and which are refused', async () => {
    const statuses = [201, 429, 400, 503]
    sink.script = inTurn([{ kind: 'items', status: (n) => statuses[n % 4]! }])
    await expect(write(output())).rejects.toMatchObject({
      remaining: [1, 3, 5, 7, 9],
      rejected: [{ index: 2, target: 'logs-app-default' }, { index: 6 }],
      fateUnknown: true,
    })
  })

  it('names places in the chunk it was given, also for a part of one', async () => {
    const chunk = subsetOf(chunkOf([numbered(5, 'a'), numbered(5, 'b')]), [2, 7, 9])
    sink.script = inTurn([{ kind: 'items', status: (n) => (n === 0 ? 201 : 400) }])
    expect(await write(output(), chunk)).toMatchObject([
      { index: 1, target: 'logs-b-default' },
      { index: 2, target: 'logs-b-default' },
    ])
  })

  it.each([
    ['a reset', { kind: 'reset', execute: true }],
    ['half an answer', { kind: 'truncated', execute: true }],
    ['an item too few', { kind: 'short', execute: true }],
    ['a proxy that gave up', { kind: 'status', status: 504, execute: true }],
  ] as const)('does not know the fate after %s, and settles it', async (_, reply) => {
    const es = output()
    sink.script = inTurn([reply])
    await expect(write(es)).rejects.toMatchObject({ fateUnknown: true })
    sink.rollover()
    expect(await write(es, undefined, true)).toEqual([])
    expect(sink.counts).toMatchObject({ events: 10, doubled: 0, requests: 1 })
  })

  it('does not know the fate after a time-out', async () => {
    sink.script = inTurn([{ kind: 'silence', execute: false }])
    await expect(write(output({ timeout: '200ms' }))).rejects.toMatchObject({ fateUnknown: true })
    expect(await write(output(), undefined, true)).toEqual([])
    expect(sink.counts).toMatchObject({ events: 10, doubled: 0 })
  })

  it('sends only what the data stream lacks', async () => {
    const es = output()
    const chunk = chunkOf([numbered(10)])
    await write(es, subsetOf(chunk, [0, 4, 5]))
    sink.rollover()
    sink.script = inTurn([{ kind: 'items', status: (n) => (n < 2 ? 400 : 429) }])
    await expect(write(es, chunk, true)).rejects.toMatchObject({
      rejected: [{ index: 1 }, { index: 2 }],
      remaining: [3, 6, 7, 8, 9],
      fateUnknown: false,
    })
    expect(sink.counts).toMatchObject({ events: 3, doubled: 0 })
  })

  it('lets create settle it in dated and fixed indices', async () => {
    const es = output({ indices: 'dated' })
    await write(es)
    expect(await write(es, undefined, true)).toEqual([])
    expect(await write(es)).toHaveLength(10)
    expect(sink.counts).toMatchObject({ events: 10, conflicts: 20 })
  })

  it('goes on to the next host when one cannot be reached', async () => {
    const hosts = [`http://127.0.0.1:${await freePort()}`, sink.url]
    const es = output({ hosts })
    for (let n = 0; n < 3; n++) {
      expect(await write(es, chunkOf([numbered(2)], `${segment.slice(0, -1)}${n}`))).toEqual([])
    }
    expect(sink.counts.events).toBe(6)
  })

  it('knows that nothing was sent when no host can be reached', async () => {
    const es = output({ hosts: [`http://localhost:${await freePort()}`] })
    await expect(write(es)).rejects.toMatchObject({ fateUnknown: false })
    await expect(write(es)).rejects.toThrow('ECONNREFUSED')
  })

  it('names the host that fails while another takes everything', async () => {
    const dead = `http://127.0.0.1:${await freePort()}`
    const es = output({ hosts: [dead, sink.url] })
    expect(await write(es)).toEqual([])
    expect(await write(es, chunkOf([numbered(3)], `${segment.slice(0, -1)}1`))).toEqual([])
    expect(es.status()['failing_hosts']).toEqual({
      [dead]: expect.stringContaining('ECONNREFUSED'),
    })
    const notes = await es.check(soon())
    expect(notes.filter((each) => JSON.stringify(each).includes(dead))).toEqual([
      { note: expect.stringMatching(/^a host does not answer, others do: .*ECONNREFUSED/) },
    ])
    const alone = output({ hosts: [sink.url] })
    expect(await write(alone, chunkOf([numbered(3)], `${segment.slice(0, -1)}2`))).toEqual([])
    expect(alone.status()['failing_hosts']).toBeUndefined()
  })

  it('tells size, refusal and Retry-After apart', async () => {
    const es = output()
    sink.script = inTurn([
      { kind: 'status', status: 413 },
      { kind: 'status', status: 403 },
      { kind: 'status', status: 429, headers: { 'retry-after': '3' } },
    ])
    await expect(write(es)).rejects.toBeInstanceOf(TooLargeError)
    await expect(write(es)).rejects.toBeInstanceOf(PermanentError)
    await expect(write(es)).rejects.toMatchObject({ retryAfterMs: 3000, fateUnknown: false })
  })

  it('sends credentials, headers and the path of the host', async () => {
    const seen: { url: string | undefined; headers: unknown }[] = []
    const server = createServer((request, response) => {
      seen.push({ url: request.url, headers: request.headers })
      response.writeHead(401, { 'content-type': 'application/json' }).end('{}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const hosts = [`http://127.0.0.1:${port}/es/`]
    const headers = { 'x-tenant': 'shop' }
    const manual = { hosts, headers, manage_templates: false }
    await expect(write(output({ ...manual, api_key: 'a2V5' }))).rejects.toThrow('answered 401')
    const basic = { ...manual, username: 'weir', password: 'geheim' }
    await expect(write(output(basic))).rejects.toThrow('answered 401')
    server.close()
    server.closeAllConnections()
    expect(seen[0]?.url).toMatch(/^\/es\/logs-app-default\/_bulk\?/)
    expect(seen.map((one) => one.headers)).toMatchObject([
      { authorization: 'ApiKey a2V5', 'x-tenant': 'shop', 'content-type': 'application/x-ndjson' },
      { authorization: 'Basic d2VpcjpnZWhlaW0=' },
    ])
  })

  it('counts what it has to send without being able to look', async () => {
    const server = createServer((request, response) => {
      const status = request.url?.includes('_refresh') ? 403 : 200
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end('{"errors":true,"items":[{"create":{"status":409}},{"create":{"status":201}}]}')
      request.resume()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const given = testContext()
    const es = output({ hosts: [`http://127.0.0.1:${port}`], manage_templates: false }, given)
    expect(await write(es, chunkOf([numbered(2)]), true)).toEqual([])
    expect(given.counts.get('unsettled')).toBe(2)
    server.close()
    server.closeAllConnections()
  })

  it('shows no secret', () => {
    const es = output({ api_key: 'geheim', hosts: ['https://weir:geheim@es1:9200'] })
    expect(JSON.stringify(es.status())).not.toContain('geheim')
  })
})
