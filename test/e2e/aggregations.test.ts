/** The same documents and aggregations, asked of Weir's engine and of a real OpenSearch. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { requirePeer } from '../peers/require.ts'
import { startSearchServer, type SearchServer } from '../peers/search_server.ts'
import { tableOf, type Table, type Types } from '../store/embedded/ask/aggregations/table.ts'
import {
  aggregationRequests,
  refusedRequests,
  smallDocuments,
  smallTypes,
  webTypes,
} from './aggregation_requests.ts'

const project = join(import.meta.dirname, '..', '..')
const log = join(project, '..', 'shared', 'data', 'apache-combined.log')
const hasLog = existsSync(log)
if (!hasLog) console.log(`skipped what asks the real log: ${log} does not exist`)

const found = requirePeer('opensearch-3')

describe.skipIf(!found)('aggregations as OpenSearch 3 answers them', () => {
  let server: SearchServer
  const tables = new Map<string, Table>()

  const index = async (name: string, documents: readonly JsonRecord[], types: Types) => {
    const properties = Object.entries(types).map(([path, type]) => {
      return [path, { type: type.replace('[]', '') }] as const
    })
    const mappings = { properties: Object.fromEntries(properties) }
    await server.ask('PUT', `/${name}`, { settings: { number_of_shards: 1 }, mappings })
    for (let at = 0; at < documents.length; at += 5_000) {
      const lines = documents.slice(at, at + 5_000).flatMap((document) => [{ index: {} }, document])
      const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      const options = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body }
      const answer = await fetch(`${server.url}/${name}/_bulk?refresh=true`, options)
      const { errors } = (await answer.json()) as { errors: boolean }
      if (errors) throw new Error(`${name} was not indexed`)
    }
    tables.set(name, await tableOf(documents, types))
  }

  beforeAll(async () => {
    server = await startSearchServer('opensearch-3', found!)
    await index('small', smallDocuments(), smallTypes)
    if (!hasLog) return
    const weir = join(project, 'bin', 'weir')
    const parsed = execFileSync(weir, ['parse', 'nginx', log], { maxBuffer: 1e9, encoding: 'utf8' })
    const documents = parsed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonRecord)
    await index('web', documents, webTypes)
  })
  afterAll(async () => {
    for (const table of tables.values()) table.close()
    await server?.stop()
  })

  const requests = aggregationRequests.filter(({ of }) => of === 'small' || hasLog)
  it.each(requests.map((request) => [JSON.stringify(request), request] as const))(
    '%s',
    async (_, { of, aggs, query = { match_all: {} } }) => {
      const body = { size: 0, query, aggs }
      const theirs = await server.ask<JsonRecord>('POST', `/${of}/_search?typed_keys=true`, body)
      const ours = await tables.get(of)!.aggregations(aggs, query, { typedKeys: true })
      expect(comparable(ours)).toEqual(comparable(theirs.aggregations as JsonRecord))
    },
  )

  it.each(refusedRequests.map((aggs) => [JSON.stringify(aggs), aggs] as const))(
    'refuses %s',
    async (_, aggs) => {
      const asked = tables.get('small')!.aggregations(aggs)
      await expect(asked).rejects.toMatchObject({ name: 'SearchError', status: 400 })
      await expect(server.ask('POST', '/small/_search', { size: 0, aggs })).rejects.toThrow(/40|50/)
    },
  )
})

/** Numbers to 10 digits: sums of fractions are added in another order. */
function comparable(value: JsonValue): JsonValue {
  if (typeof value === 'number') return Number(value.toPrecision(10))
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      // OpenSearch writes the texts of booleans as booleans, Elasticsearch as texts.
      typeof each === 'boolean' && key.endsWith('_as_string') ? String(each) : comparable(each),
    ]),
  )
}
