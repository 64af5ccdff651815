import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outputs } from '../../collector/outputs/all.ts'
import type { Output, Rejected } from '../../core/delivery/output.ts'
import { RetryableError } from '../../core/errors.ts'
import { subsetOf, type Chunk } from '../../core/journal/chunk.ts'
import { chunkOf, numbered, testContext } from '../collector/outputs/chunks.ts'
import { serversToTest } from '../peers/catalogue.ts'
import { backendOf, chunkOfFlushes, flush } from '../statsd/backends/points.ts'
import { requirePeer } from '../peers/require.ts'
import { startSearchServer, type SearchServer } from '../peers/search_server.ts'

const names = serversToTest('elasticsearch-8', 'opensearch-3', 'elasticsearch-7')
const minute = () => AbortSignal.timeout(60_000)

let segments = 0
/** An id no other chunk of this run has. */
const freshSegment = () => `01JD${String((segments += 1)).padStart(22, '0')}`

/** Delivers as the delivery loop does, in short: for ever, and careful after an unknown fate. */
async function deliver(output: Output, chunk: Chunk): Promise<readonly Rejected[]> {
  let mayBeKnown = false
  for (let rest = chunk; ;) {
    try {
      return await output.write({ chunk: rest, mayBeKnown }, minute())
    } catch (failure) {
      if (!(failure instanceof RetryableError)) throw failure
      if (failure.remaining) rest = subsetOf(rest, failure.remaining)
      mayBeKnown ||= failure.fateUnknown
      await sleep(100)
    }
  }
}

for (const name of names) {
  const found = requirePeer(name)
  // The 7.17 that can be had without Docker lacks the module for data streams.
  const hasDataStreams = name !== 'elasticsearch-7'
  const isOpenSearch = name.startsWith('opensearch')
  const isNewElasticsearch = hasDataStreams && !isOpenSearch

  describe.skipIf(!found)(`the elasticsearch output on ${name}`, () => {
    let server: SearchServer
    const made: Output[] = []

    beforeAll(async () => {
      server = await startSearchServer(name, found!)
    })
    afterAll(async () => {
      for (const output of made) await output.stop(minute())
      await server?.stop()
    })

    const make = (config: object = {}) => {
      const all = { type: 'elasticsearch', hosts: [server.url], ...config }
      const output = outputs.create(outputs.schema.parse(all), testContext().context)
      made.push(output)
      return output
    }
    const countOf = async (target: string) => {
      await server.ask('POST', `/${target}/_refresh`)
      return (await server.ask<{ count: number }>('GET', `/${target}/_count`)).count
    }
    const write = (output: Output, chunk: Chunk, mayBeKnown = false) =>
      output.write({ chunk, mayBeKnown }, minute())

    it.skipIf(!hasDataStreams)(
      'takes metric points as documents of their stream, once',
      async () => {
        const backend = backendOf({ type: 'elasticsearch', hosts: [server.url], retention: '1d' })
        made.push(backend)
        const chunk = { ...chunkOfFlushes([flush()]), segment: freshSegment() }
        expect(await backend.write({ chunk, mayBeKnown: false }, minute())).toEqual([])
        expect(await backend.write({ chunk, mayBeKnown: true }, minute())).toEqual([])
        expect(await countOf('metrics-statsd-default')).toBe(6)
        const { hits, aggregations } = await server.ask<{
          hits: { hits: { _source: object }[] }
          aggregations: { mean: { value: number } }
        }>('POST', '/metrics-statsd-default/_search', {
          query: {
            bool: { filter: [{ term: { series: 'time' } }, { range: { sum: { gt: 29.5 } } }] },
          },
          aggs: { mean: { avg: { field: 'exact.mean' } } },
        })
        expect(aggregations.mean.value).toBe(15)
        expect(hits.hits[0]?._source).toMatchObject({ type: 'timer', exact: { upper_90: 20 } })
        const mapping = JSON.stringify(await server.ask('GET', '/metrics-statsd-default/_mapping'))
        expect(mapping).toContain('"series":{"type":"keyword"')
        expect(mapping).toMatch(/"mean":\{"type":"double"/)
        expect(mapping).toMatch(/"sketch":\{"type":"object","enabled":false/)
      },
    )

    it('delivers into dated indices once, whatever is sent again', async () => {
      const output = make({ indices: 'dated' })
      const events = ['20', '21', '22'].map((day) => ({ '@timestamp': `2026-11-${day}T10:00:00Z` }))
      const chunk = chunkOf([{ tag: 'dated', events }], freshSegment())
      expect(await write(output, chunk)).toEqual([])
      expect(await write(output, chunk, true)).toEqual([])
      const conflicts = await write(output, chunk)
      expect(conflicts.map(({ reason, target }) => [reason, target])).toEqual([
        ['target_conflict', 'weir-dated-2026.11.20'],
        ['target_conflict', 'weir-dated-2026.11.21'],
        ['target_conflict', 'weir-dated-2026.11.22'],
      ])
      expect(await countOf('weir-dated-*')).toBe(3)
    })

    it('keeps good events beside ones that the server refuses', async () => {
      const output = make({ indices: 'mixed' })
      const time = '2026-11-21T10:17:37.123456789Z'
      const many = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`field_${n}`, n]))
      const events = [
        { '@timestamp': time, message: 'good', labels: { a: { b: 'c' } } },
        '{"@timestamp":"no time at all","message":"refused"}',
        {
          '@timestamp': time,
          source: { ip: 'no address' },
          http: { response: { status_code: 'x' } },
        },
        { '@timestamp': time, ...many },
        { '@timestamp': time, message: 'good' },
      ]
      const rejected = await write(output, chunkOf([{ events }], freshSegment()))
      // OpenSearch 2 takes what is no time for an ignored value.
      const refusesTime = name !== 'opensearch-2'
      if (refusesTime) {
        expect(rejected[0]).toMatchObject({ index: 1, reason: 'target_refused', target: 'mixed' })
        expect(rejected[0]?.detail).toMatch(/^400 .*@timestamp/)
      }
      // Only Elasticsearch from 8.14 on can leave the fields above the limit unmapped.
      const expected = [...(refusesTime ? [1] : []), ...(isNewElasticsearch ? [] : [3])]
      expect(rejected.map(({ index }) => index)).toEqual(expected)
      expect(await countOf('mixed')).toBe(events.length - rejected.length)
    })

    it('reports what is wrong with itself', async () => {
      const problems = await make({ retention: '14d' }).check(minute())
      if (isNewElasticsearch) expect(problems).toEqual([])
      if (isOpenSearch) expect(JSON.stringify(problems)).toMatch(/ISM policy/)
      if (!hasDataStreams) expect(JSON.stringify(problems)).toMatch(/indices: dated/)
      expect(JSON.stringify(await make().check(minute()))).toMatch(/nothing deletes old data/)
    })

    it.runIf(hasDataStreams)('delivers into data streams with templates of its own', async () => {
      const output = make({ retention: '14d' })
      const time = '2026-11-21T10:17:37.123456789Z'
      const events = [
        { '@timestamp': time, message: 'hällo', labels: { a: { b: 1 } }, n: 1.5 },
        { '@timestamp': time, host: { name: 'object' }, nested: { deep: [{ x: 1 }, { x: 2 }] } },
      ]
      // Elsewhere the one that comes second is refused.
      if (isNewElasticsearch) events.push({ '@timestamp': time, host: 'text' } as never)
      const chunk = chunkOf([{ tag: 'web.a', events }, numbered(3, 'web.b')], freshSegment())
      expect(await write(output, chunk)).toEqual([])
      expect(await countOf('logs-web.a-default')).toBe(events.length)
      expect(await countOf('logs-web.b-default')).toBe(3)
      const { hits } = await server.ask<{ hits: { hits: { _source: object }[] } }>(
        'GET',
        '/logs-web.a-default/_search?sort=_doc',
      )
      const sources = hits.hits.map((hit) => JSON.stringify(hit._source))
      expect(sources.toSorted()).toEqual(events.map((event) => JSON.stringify(event)).toSorted())

      const mapping = JSON.stringify(await server.ask('GET', '/logs-web.a-default/_mapping'))
      const free = isOpenSearch ? 'flat_object' : 'flattened'
      expect(mapping).toContain(`"labels":{"type":"${free}"`)
      const settings = JSON.stringify(await server.ask('GET', '/logs-web.a-default/_settings'))
      expect(settings.includes('"mode":"logsdb"')).toBe(isNewElasticsearch)
    })

    it.runIf(hasDataStreams)('settles an unknown fate across a rollover', async () => {
      const output = make()
      const stream = 'logs-rolled-default'
      const chunk = chunkOf([numbered(12_000, 'rolled'), numbered(10, 'beside')], freshSegment())
      const executed = Array.from({ length: 9_000 }, (_, n) => n + 1_000)
      expect(await write(output, subsetOf(chunk, executed))).toEqual([])
      await server.ask('POST', `/${stream}/_rollover`)
      expect(await write(output, chunk, true)).toEqual([])
      expect(await countOf(stream)).toBe(12_000)
      await server.ask('POST', `/${stream}/_rollover`)
      expect(await write(output, chunk, true)).toEqual([])
      expect(await countOf(stream)).toBe(12_000)
      expect(await countOf('logs-beside-default')).toBe(10)
    })

    it.runIf(hasDataStreams)(
      'loses and doubles nothing while the server is killed and rolled over under load',
      async () => {
        const output = make({ timeout: '10s' })
        const stream = 'logs-load-default'
        const rejected: Rejected[] = []
        const each = 500
        let delivered = 0
        let isDone = false
        const writer = async () => {
          while (!isDone) {
            const chunk = chunkOf([numbered(each, 'load')], freshSegment())
            rejected.push(...(await deliver(output, chunk)))
            delivered += each
          }
        }
        const writers = [writer(), writer(), writer(), writer()]
        const rounds = process.env.FUZZ_RUNS ? 5 : 1
        for (let round = 0; round < rounds; round++) {
          const before = delivered
          while (delivered < before + 8_000) await sleep(10)
          await server.ask('POST', `/${stream}/_rollover`)
          await server.kill()
          await server.restart()
        }
        isDone = true
        await Promise.all(writers)
        expect(rejected).toEqual([])
        expect(await countOf(stream)).toBe(delivered)
      },
    )

    it.skipIf(hasDataStreams)('waits for a server that is not there yet', async () => {
      const output = make({ indices: 'later' })
      await server.kill()
      const chunk = chunkOf([numbered(10)], freshSegment())
      await expect(write(output, chunk)).rejects.toMatchObject({ fateUnknown: false })
      const delivery = deliver(output, chunk)
      await server.restart()
      expect(await delivery).toEqual([])
      expect(await countOf('later')).toBe(10)
    })
  })
}
