import { describe, expect, it } from 'vitest'
import { checkCluster } from '../../../../store/elasticsearch/bulk/check.ts'
import type { Answer } from '../../../../store/elasticsearch/cluster.ts'
import { logEvents } from '../../../../store/elasticsearch/bulk/log_mapping.ts'
import { identify } from '../../../../store/elasticsearch/bulk/server.ts'
import { outputs } from '../../../../collector/outputs/all.ts'
import type { ElasticsearchConfig } from '../../../../store/elasticsearch/bulk/config.ts'

type Recorded = readonly [status: number, body: unknown, headers?: Record<string, string>]

/** Answers by path, as servers gave them; 404 for the rest. */
function recorded(answers: Record<string, Recorded>) {
  return {
    async request({ path }: { path: string }): Promise<Answer> {
      const [status, body, headers = {}] = answers[path.split('?')[0]!] ?? [404, '{}']
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return { status, headers, text, host: 'http://es:9200' }
    },
  }
}
const elastic = { 'x-elastic-product': 'Elasticsearch' }
const signal = AbortSignal.timeout(60_000)
const configOf = (config: object = {}) =>
  outputs.schema.parse({ type: 'elasticsearch', ...config }) as unknown as ElasticsearchConfig
const told = (answers: Record<string, Recorded>, config: object = {}) =>
  identify(recorded(answers), configOf(config), signal)

describe('recognising the server', () => {
  it('reads GET /', async () => {
    const opensearch = { version: { distribution: 'opensearch', number: '2.19.6' } }
    expect(await told({ '/': [200, opensearch] })).toEqual({
      flavour: 'opensearch',
      version: '2.19.6',
    })
    const es8 = { version: { number: '8.19.21', build_flavor: 'default' } }
    expect(await told({ '/': [200, es8, elastic] })).toEqual({
      flavour: 'elasticsearch',
      version: '8.19.21',
    })
    const es7 = { version: { number: '7.10.2', build_flavor: 'oss' } }
    expect(await told({ '/': [200, es7] })).toMatchObject({ flavour: 'elasticsearch' })
  })

  it('goes by the header and the node where GET / is refused', async () => {
    const nodes = { nodes: { qp75: { version: '8.19.21' } } }
    const answers = { '/': [405, '{}', elastic], '/_nodes/_local': [200, nodes] } as const
    expect(await told(answers)).toEqual({ flavour: 'elasticsearch', version: '8.19.21' })
    expect(await told({ '/': [403, '{}', elastic] })).toEqual({
      flavour: 'elasticsearch',
      version: undefined,
    })
    const header = { 'x-opensearch-version': 'OpenSearch/3.6.0 (opensearch)' }
    expect(await told({ '/': [403, '{}', header] })).toMatchObject({ flavour: 'opensearch' })
  })

  it('believes the config, and does not guess', async () => {
    expect(await told({}, { flavour: 'opensearch', version: '3.6' })).toEqual({
      flavour: 'opensearch',
      version: '3.6',
    })
    expect(await told({ '/': [403, 'nginx'] })).toBeUndefined()
    expect(await told({ '/': [200, { version: { number: '1' } }] })).toBeUndefined()
  })

  it('says so when it may not ask or the server is not well', async () => {
    await expect(told({ '/': [401, '{}'] })).rejects.toThrow('does not accept the credentials')
    await expect(told({ '/': [503, 'starting'] })).rejects.toMatchObject({
      code: 'WEIR_OUTPUT_UNAVAILABLE',
    })
  })
})

describe('checking an output', () => {
  const opensearch = { version: { distribution: 'opensearch', number: '3.6.0' } }
  const policies = (pattern: string) => ({
    policies: [
      { _id: 'old', policy: { policy_id: 'old', ism_template: null } },
      { _id: 'logs', policy: { ism_template: [{ index_patterns: [pattern], priority: 100 }] } },
    ],
    total_policies: 2,
  })
  const check = (answers: Record<string, Recorded>, config: object = {}) =>
    checkCluster(
      configOf({ manage_templates: false, ...config }),
      logEvents,
      recorded(answers),
      signal,
    )

  it('finds an ISM policy that deletes', async () => {
    const answers = (pattern: string): Record<string, Recorded> => ({
      '/': [200, opensearch],
      '/_plugins/_ism/policies': [200, policies(pattern)],
    })
    expect(await check(answers('logs-*'))).toEqual([])
    expect(await check(answers('metrics-*'))).toEqual([
      { note: expect.stringMatching(/add an ISM policy/) },
    ])
  })

  it('finds an ILM policy in the template', async () => {
    const ilm = { template: { settings: { index: { lifecycle: { name: 'thirty-days' } } } } }
    const answers: Record<string, Recorded> = {
      '/': [200, { version: { number: '9.1.0' } }, elastic],
      '/_index_template/_simulate_index/logs-example-default': [200, ilm],
    }
    expect(await check(answers)).toEqual([])
  })

  it('names the privileges that lack', async () => {
    const granted = { cluster: {}, index: { 'logs-*-*': { create_doc: true, read: false } } }
    const answers: Record<string, Recorded> = {
      '/': [403, '{}', elastic],
      '/_security/user/_has_privileges': [200, granted],
    }
    expect((await check(answers))[0]).toEqual({ problem: expect.stringMatching(/lack read/) })
  })

  it('says that a version is too old', async () => {
    const answers: Record<string, Recorded> = {
      '/': [200, { version: { number: '6.8.0', build_flavor: 'oss' } }],
    }
    expect((await check(answers))[0]).toEqual({
      problem: expect.stringMatching(/elasticsearch 6\.8\.0.*7\.17/),
    })
  })
})
