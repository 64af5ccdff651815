import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../../peers/process.ts'
import { requirePeer } from '../../peers/require.ts'
import { RunningWeir } from '../running_weir.ts'
import { crumbsOf, framesOf, issuesOf, latestEvent, type ShownEvent } from './errors_api.ts'
import { canary, runSdk, sdkPrograms } from './sdks.ts'

/**
 * Real SDKs, each in a small program that throws: nothing but the DSN says where. Each has a project of its own,
 * and is found there by Sentry's web API.
 */

const folder = mkdtempSync(join(tmpdir(), 'weir-sdks-'))
const programs = join(folder, 'programs')
const keyOf = (place: number) => `0123456789abcdef0123456789ab${String(1000 + place)}`
const slugOf = (name: string) => name.replaceAll('_', '-')
let weir: RunningWeir

beforeAll(async () => {
  cpSync(join(import.meta.dirname, 'programs'), programs, { recursive: true })
  const projects = Object.fromEntries(
    sdkPrograms.map(({ name }, place) => [slugOf(name), { id: 100 + place, keys: [keyOf(place)] }]),
  )
  weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    errors: { projects },
  })
})
afterAll(async () => {
  if (weir.isAlive) await weir.kill()
  rmSync(folder, { recursive: true, force: true })
})

const tagsOf = ({ tags }: ShownEvent) =>
  Object.fromEntries(tags.map(({ key: name, value }) => [name, value]))

describe.each(
  sdkPrograms.map((sdk, place) => ({ ...sdk, project: 100 + place, key: keyOf(place) })),
)('$name', (sdk) => {
  const peer = requirePeer(sdk.peer)
  test.skipIf(!peer)('what it reports is found, and grouped', async () => {
    const { host } = new URL(weir.url)
    const user = sdk.needsSecret ? `${sdk.key}:${sdk.key}` : sdk.key
    await runSdk(sdk, peer!, programs, `http://${user}@${host}/${sdk.project}`)
    const slug = slugOf(sdk.name)
    const counts = async () => (await issuesOf(weir.url, slug)).map(({ count }) => Number(count))
    await waitFor(`three events of ${sdk.name}`, async () => {
      return (await counts()).reduce((sum, count) => sum + count, 0) === 3
    })
    // The same error twice is one issue, though its message differs; the other one is another.
    const issues = (await issuesOf(weir.url, slug)).toSorted(
      (a, b) => Number(b.count) - Number(a.count),
    )
    expect(issues.map(({ count }) => count)).toEqual(['2', '1'])
    const event = await latestEvent(weir.url, issues[0]!.id)
    expect(event.user).toMatchObject(sdk.user ?? { id: '7', username: 'ada' })
    expect(tagsOf(event)).toMatchObject({
      shop: 'berlin',
      environment: 'e2e',
      release: 'shop@1.2.3',
    })
    expect(event.release?.version).toBe('shop@1.2.3')
    expect(crumbsOf(event)).toContain('cart opened')
    const frames = framesOf(event).map(
      ({ function: name, filename }) => `${name} in ${filename?.split('/').at(-1)}`,
    )
    expect(frames).toContain(`${sdk.function} in ${sdk.file}`)
    expect(JSON.stringify(event)).not.toContain(canary)
    const other = await latestEvent(weir.url, issues[1]!.id)
    expect(framesOf(other).some(({ function: name }) => /refund/.test(name ?? ''))).toBe(true)
  })
})

test('nothing of what is secret is on disk', async () => {
  weir.process.child.kill('SIGTERM')
  expect(await weir.process.ended).toMatchObject({ code: 0 })
  for (const name of readdirSync(weir.data, { recursive: true, encoding: 'utf8' })) {
    const path = join(weir.data, name)
    if (!statSync(path).isFile()) continue
    expect(readFileSync(path).includes(canary), name).toBe(false)
  }
  expect(weir.process.stderr()).not.toContain(canary)
})
