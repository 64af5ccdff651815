/**
 * The same documents and requests, word for word, to Weir's API over its own store and to a real OpenSearch and
 * Elasticsearch. Where they are meant to differ, `differential/intended.ts` says it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serversToTest } from '../peers/catalogue.ts'
import { requirePeer } from '../peers/require.ts'
import { startSearchServer, type SearchServer } from '../peers/search_server.ts'
import { aggregationRequests, refusedRequests } from './aggregation_requests.ts'
import { boundsCases } from './differential/bounds.ts'
import { ask, caseName, type Case } from './differential/case.ts'
import { answerOf, comparable, isLacking } from './differential/comparable.ts'
import { compositeCases } from './differential/composites.ts'
import { documentationCases } from './differential/documentation.ts'
import { grafanaCases } from './differential/grafana.ts'
import { hitCases } from './differential/hits.ts'
import { intended } from './differential/intended.ts'
import { hasLogs, logCases } from './differential/logs.ts'
import { numberCases } from './differential/numbers.ts'
import { queryCases } from './differential/queries.ts'
import { randomBody } from './differential/random.ts'
import { plant, seeds } from './differential/seed.ts'
import { RunningWeir } from './running_weir.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-differential-'))
let weir: RunningWeir
let ours: string

beforeAll(async () => {
  const store = { retention: { age: '40000d' } }
  weir = await RunningWeir.start(folder, { http: { listen: '127.0.0.1:0' }, store })
  ours = `${weir.url}/es`
  for (const seed of seeds()) await plant(ours, seed)
})
afterAll(async () => {
  await weir?.kill()
  rmSync(folder, { recursive: true, force: true })
})

const withLogs = (of: string) => hasLogs || !['web', 'sshd', 'linux', 'plus'].includes(of)
const aggregationCases: Readonly<Record<string, readonly Case[]>> = {
  aggregations: aggregationRequests
    .filter(({ of }) => withLogs(of))
    .map(({ of, aggs, query }) => ask(of, { size: 0, aggs, ...(query && { query }) })),
  'refused aggregations': refusedRequests.map((aggs) => ask('small', { size: 0, aggs })),
}
const features: readonly (readonly [string, readonly Case[]])[] = [
  queryCases,
  hitCases,
  numberCases,
  grafanaCases,
  documentationCases,
  aggregationCases,
  compositeCases,
  boundsCases,
  ...(hasLogs ? [logCases] : []),
].flatMap((table) => Object.entries(table))

/** Intended differences that were seen: one that no server shows any more has to go from the list. */
const seen = new Set<string>()
/** What Elasticsearch may do otherwise than OpenSearch; its distribution lacks most aggregations. */
const isTold = (feature: string) => !/aggregations|^real logs|^patterns|^compound/.test(feature)
const usual = ['opensearch-3', 'elasticsearch-8'] as const
const servers = serversToTest(...usual)
const found = servers.map((name) => [name, requirePeer(name)] as const)

describe.each(found)('as %s answers', (name, peer) => {
  let server: SearchServer
  beforeAll(async () => {
    if (!peer) return
    server = await startSearchServer(name, peer)
    for (const seed of seeds()) await plant(server.url, seed)
  })
  afterAll(() => server?.stop())

  const isWhole = name.startsWith('opensearch')
  const asked = isWhole ? features : features.filter(([feature]) => isTold(feature))
  it.skipIf(!peer).each(asked)('%s', async (_, cases) => {
    await several(
      cases.filter(({ only }) => only === undefined || only === name),
      async (each) => {
        const [theirs, answer] = await Promise.all([
          answerOf(server.url, each),
          answerOf(ours, each),
        ])
        expectAnswered(each, answer)
        if (isLacking(theirs)) return
        const [expected, got] = [comparable(theirs), comparable(answer)]
        if (each.differs === undefined) expect.soft(got, caseName(each)).toEqual(expected)
        else if (JSON.stringify(got) !== JSON.stringify(expected)) seen.add(each.differs)
      },
    )
  })

  it.skipIf(!peer || name !== 'opensearch-3')('random requests', async () => {
    // The same ones each time, unless other ones are looked for.
    const seed = Number(process.env['FUZZ_SEED'] ?? 1)
    const numRuns = Number(process.env['FUZZ_RUNS'] ?? 200)
    const bodies = fc.sample(randomBody, { seed, numRuns })
    await several(bodies, async (body) => {
      const each = ask('random', body)
      const [theirs, answer] = await Promise.all([answerOf(server.url, each), answerOf(ours, each)])
      expectAnswered(each, answer)
      expect.soft(comparable(answer), JSON.stringify(body)).toEqual(comparable(theirs))
    })
  })
})

/** Weir's own mistakes fail with what it says of them. */
function expectAnswered(each: Case, { status, body }: Awaited<ReturnType<typeof answerOf>>) {
  const why = status < 500 ? '' : `${JSON.stringify(body).slice(0, 2_000)}\n${weir.logEnd()}`
  expect.soft(status, `${caseName(each)}\n${why}`).toBeLessThan(500)
}

/** Four at a time. */
async function several<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

const areUsual = usual.every((name) => servers.includes(name))
it.skipIf(!areUsual || found.some(([, peer]) => !peer))('each intended difference is one', () => {
  expect([...seen].toSorted()).toEqual(Object.keys(intended).toSorted())
})
