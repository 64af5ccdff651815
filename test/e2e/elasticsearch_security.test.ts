import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outputs } from '../../collector/outputs/all.ts'
import type { Output } from '../../core/delivery/output.ts'
import { chunkOf, numbered, testContext } from '../collector/outputs/chunks.ts'
import { requirePeer } from '../peers/require.ts'
import { startSearchServer, type SearchServer } from '../peers/search_server.ts'

const found = requirePeer('elasticsearch-8')
const minute = () => AbortSignal.timeout(60_000)
const password = 'geheim-genug'
const role = (cluster: string[], privileges: string[]) => ({
  cluster,
  indices: [{ names: ['logs-*'], privileges }],
})
const roles = {
  just: role(['manage_index_templates'], ['auto_configure', 'create_doc', 'maintenance', 'read']),
  only: role(['manage_index_templates'], ['auto_configure', 'create_doc']),
  none: role([], ['create_doc']),
}
const security = { user: 'weir', password, roles }

describe.skipIf(!found)('the elasticsearch output on a secured Elasticsearch', () => {
  let server: SearchServer
  const made: Output[] = []

  beforeAll(async () => {
    server = await startSearchServer('elasticsearch-8', found!, { security })
  })
  afterAll(async () => {
    for (const output of made) await output.stop(minute())
    await server?.stop()
  })

  const make = (config: object, given = testContext()) => {
    const tls = { ca: server.certificate }
    const all = { type: 'elasticsearch', hosts: [server.url], tls, retention: '14d', ...config }
    const output = outputs.create(outputs.schema.parse(all), given.context)
    made.push(output)
    return output
  }
  const write = (output: Output, tag: string, mayBeKnown = false) =>
    output.write({ chunk: chunkOf([numbered(10, tag)]), mayBeKnown }, minute())

  it('delivers with basic authentication', async () => {
    const output = make({ username: 'weir', password })
    expect(await output.check(minute())).toEqual([])
    expect(await write(output, 'basic')).toEqual([])
    expect(await write(output, 'basic', true)).toEqual([])
  })

  it('needs few privileges', async () => {
    const output = make({ username: 'just', password })
    expect(await output.check(minute())).toEqual([])
    expect(await write(output, 'key')).toEqual([])
    expect(await write(output, 'key', true)).toEqual([])
    // Nobody tells it the version without the privilege `monitor`; it does not need it.
    expect(output.status()).toMatchObject({ server: 'elasticsearch', unsettled_events: 0 })
    const settings = JSON.stringify(await server.ask('GET', '/logs-key-default/_settings'))
    expect(settings).toContain('"mode":"logsdb"')
  })

  it('says what a user that may only write lacks, and delivers with it', async () => {
    const given = testContext()
    const output = make({ username: 'only', password }, given)
    expect(JSON.stringify(await output.check(minute()))).toMatch(/lack maintenance, read/)
    expect(await write(output, 'only')).toEqual([])
    expect(await write(output, 'only', true)).toEqual([])
    expect(given.counts.get('unsettled')).toBe(10)
  })

  it('says that the credentials may not install templates', async () => {
    const output = make({ username: 'none', password })
    await expect(write(output, 'none')).rejects.toThrow('manage_index_templates')
    expect(JSON.stringify(await output.check(minute()))).toMatch(/manage_index_templates/)
  })

  it('says that the password is wrong', async () => {
    const output = make({ username: 'weir', password: 'falsch' })
    await expect(write(output, 'wrong')).rejects.toThrow('401')
    expect(JSON.stringify(await output.check(minute()))).toMatch(
      /does not accept the credentials \(401\)/,
    )
  })

  it('does not believe an unknown certificate, and has sent nothing then', async () => {
    const output = make({ tls: {} })
    await expect(write(output, 'tls')).rejects.toMatchObject({ fateUnknown: false })
    await expect(write(output, 'tls')).rejects.toThrow(/certificate/)
    const trusting = make({ tls: { verify: false }, username: 'weir', password })
    expect(await write(trusting, 'tls')).toEqual([])
  })
})
