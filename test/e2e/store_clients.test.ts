/** The official clients, and rsyslog's Elasticsearch output, against Weir's API over its own store. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client as Client9 } from '@elastic/elasticsearch'
import { Client as OpenSearchClient } from '@opensearch-project/opensearch'
import { Client as Client8 } from 'elasticsearch-8'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort, launch, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-clients-'))
let weir: RunningWeir
let apiPort: number
beforeAll(async () => {
  apiPort = await freePort()
  const store = { api_listen: `127.0.0.1:${apiPort}` }
  weir = await RunningWeir.start(folder, { http: { listen: '127.0.0.1:0' }, store })
})
afterAll(async () => {
  await weir?.kill()
  rmSync(folder, { recursive: true, force: true })
})

const clients = {
  '@elastic/elasticsearch 8': () => new Client8({ node: `${weir.url}/es` }) as unknown as Client9,
  '@elastic/elasticsearch 9': () => new Client9({ node: `${weir.url}/es` }),
}

it.each(Object.entries(clients))('%s', async (name, connect) => {
  const client = connect()
  const index = name.replaceAll(/\W+/g, '-').slice(1)
  try {
    const properties = { n: { type: 'long' }, level: { type: 'keyword' } } as const
    await client.indices.create({ index, mappings: { properties } })
    expect(await client.indices.getMapping({ index })).toEqual({
      [index]: { mappings: { properties } },
    })
    const { successful } = await client.helpers.bulk<{ n: number; level: string }>({
      datasource: Array.from({ length: 500 }, (_, n) => ({ n, level: n % 5 ? 'info' : 'error' })),
      onDocument: ({ n }) => ({ index: { _index: index, _id: `${n}` } }),
      refreshOnCompletion: true,
    })
    expect(successful).toBe(500)
    const query = { term: { level: 'error' } }
    const found = await client.search({
      index,
      query,
      sort: [{ n: 'desc' }],
      size: 2,
      aggs: { most: { max: { field: 'n' } } },
    })
    expect(found.hits.total).toEqual({ value: 100, relation: 'eq' })
    expect(found.hits.hits.map(({ _id }) => _id)).toEqual(['495', '490'])
    expect(found.aggregations).toEqual({ most: { value: 495 } })
    const { responses } = await client.msearch({
      searches: [{ index }, { query, size: 0 }, { index }, { query: { match_all: {} }, size: 1 }],
    })
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    expect(await client.helpers.search({ index, query, size: 1_000 })).toHaveLength(100)
    expect((await client.count({ index, query })).count).toBe(100)
    const wrong = client.search({ index, query: { term: { n: 'x' } } })
    await expect(wrong).rejects.toMatchObject({ statusCode: 400 })
    await client.index({ index, id: '5', document: { n: 5, level: 'info' }, refresh: true })
    expect((await client.count({ index, query })).count).toBe(99)
    await client.delete({ index, id: '0', refresh: true })
    expect((await client.count({ index })).count).toBe(499)
    await client.index({ index, id: 'learnt', document: { o: { flag: true } }, refresh: true })
    const learnt = { ...properties, o: { properties: { flag: { type: 'boolean' } } } }
    const { [index]: shown } = await client.indices.get({ index })
    expect(shown!.mappings).toEqual({ properties: learnt })
    expect(await client.indices.getFieldMapping({ index, fields: 'o.*,n' })).toEqual({
      [index]: {
        mappings: {
          n: { full_name: 'n', mapping: { n: { type: 'long' } } },
          'o.flag': { full_name: 'o.flag', mapping: { flag: { type: 'boolean' } } },
        },
      },
    })
  } finally {
    await client.close()
  }
})

it('@opensearch-project/opensearch', async () => {
  const client = new OpenSearchClient({ node: `${weir.url}/es` })
  try {
    await client.index({ index: 'os', id: '1', body: { text: 'Hello world' }, refresh: true })
    const query = { match: { text: 'hello' } }
    const { body } = await client.search({ index: 'os', body: { query } })
    expect(body.hits.hits.map(({ _id }) => _id)).toEqual(['1'])
    const keyword = { keyword: { type: 'keyword', ignore_above: 256 } }
    expect((await client.indices.getMapping({ index: 'os' })).body).toEqual({
      os: { mappings: { properties: { text: { type: 'text', fields: keyword } } } },
    })
  } finally {
    await client.close()
  }
})

const rsyslog = requirePeer('rsyslog')
it.skipIf(!rsyslog)("rsyslog's omelasticsearch", async () => {
  const input = join(folder, 'messages.log')
  const config = join(folder, 'rsyslog.conf')
  writeFileSync(input, Array.from({ length: 200 }, (_, n) => `message number ${n}\n`).join(''))
  writeFileSync(
    config,
    `global(workDirectory="${folder}")
module(load="imfile")
module(load="omelasticsearch")
template(name="document" type="list" option.jsonf="on") {
  property(outname="@timestamp" name="timegenerated" dateFormat="rfc3339" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}
input(type="imfile" file="${input}" tag="test")
action(type="omelasticsearch" server="http://127.0.0.1" serverport="${apiPort}" template="document"
       esversion.major="8" searchIndex="rsyslog" searchType="" bulkmode="on" writeoperation="index"
       errorfile="${folder}/errors" action.resumeRetryCount="-1" action.resumeInterval="1")
`,
  )
  const args = ['-n', '-f', config, '-i', join(folder, 'rsyslog.pid')]
  const program = launch(rsyslog!.path, args, { output: join(folder, 'rsyslog.log') })
  try {
    const count = async () => {
      await fetch(`${weir.url}/es/rsyslog/_refresh`, { method: 'POST' })
      const answer = await fetch(`${weir.url}/es/rsyslog/_count?q=message:number`)
      return ((await answer.json()) as { count?: number }).count
    }
    await waitFor('rsyslog to write', async () => (await count()) === 200, 60_000)
  } finally {
    await program.end('SIGTERM')
  }
})
