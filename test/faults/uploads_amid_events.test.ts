/** Source maps that are uploaded while events arrive, and Weir killed amid both: each event counts once, and is mapped or says why not. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningWeir } from '../e2e/running_weir.ts'
import { Weirs } from '../e2e/weirs.ts'
import { bundle } from '../errors/uploads/zip.ts'
import { waitFor } from '../peers/process.ts'
import { counts, digestedAll, key, shopConfig, sum } from './error_counts.ts'

const uploads = 12
const config = {
  ...shopConfig,
  // So that those digested last are among the kept ones.
  errors: { ...shopConfig.errors, digest: { kept_per_issue: 1_000, kept_per_minute: 1_000 } },
}

let weirs: Weirs
beforeAll(() => {
  weirs = new Weirs()
})
afterAll(() => weirs.end())

const debugIdOf = (build: number) => build.toString(16).padStart(32, '7')
const map = { version: 3, sources: ['src/cart.ts'], names: ['total'], mappings: 'AAcIA' }

/** One build's script and map, put together from a chunk, as uploaders do. */
async function upload({ url }: RunningWeir, build: number): Promise<void> {
  const headers = { 'debug-id': debugIdOf(build) }
  const bytes = bundle([
    { name: 'app.js', type: 'minified_source', content: 'e()', headers },
    { name: 'app.js.map', type: 'source_map', content: JSON.stringify(map), headers },
  ])
  const checksum = createHash('sha1').update(bytes).digest('hex')
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)]), checksum)
  const weir = `${url}/api/0/organizations/weir`
  const sent = await fetch(`${weir}/chunk-upload/`, { method: 'POST', body: form })
  expect(sent.status).toBe(200)
  const body = JSON.stringify({ checksum, chunks: [checksum], projects: ['shop'] })
  const json = { 'content-type': 'application/json' }
  const assembled = async () => {
    const path = `${weir}/artifactbundle/assemble/`
    const answer = await fetch(path, { method: 'POST', body, headers: json })
    return ((await answer.json()) as { state: string }).state
  }
  await waitFor('the bundle to be taken', async () => (await assembled()) === 'ok')
}

interface Sent {
  readonly build: number
  /** Its map was there before it was sent. */
  readonly isMappable: boolean
}

const eventOf = (event_id: string, build: number) => {
  const frame = { abs_path: 'https://shop.example.com/app.js', function: 'e', lineno: 1, colno: 1 }
  const value = `of build ${build}`
  const values = [{ type: `Build${build}`, value, stacktrace: { frames: [frame] } }]
  const image = { type: 'sourcemap', code_file: frame.abs_path, debug_id: debugIdOf(build) }
  const debug_meta = { images: [image] }
  return { event_id, platform: 'javascript', exception: { values }, debug_meta }
}

test('maps come amid events, and Weir is killed', async () => {
  const sent = new Map<string, Sent>()
  const uploaded = new Set<number>()
  for (const until of [uploads / 2, uploads]) {
    const weir = await weirs.start(config)
    let isOver = false
    const sender = async () => {
      for (let at = 0; !isOver; at++) {
        const build = at % uploads
        const id = randomBytes(16).toString('hex')
        const isMappable = uploaded.has(build)
        const url = `${weir.url}/api/42/store/?sentry_key=${key}`
        const body = JSON.stringify(eventOf(id, build))
        const answer = await fetch(url, { method: 'POST', body })
        await answer.arrayBuffer()
        expect(answer.status).toBe(200)
        sent.set(id, { build, isMappable })
      }
    }
    const senders = [sender(), sender()]
    for (let build = uploaded.size; build < until; build++) {
      await upload(weir, build)
      uploaded.add(build)
    }
    const enough = sent.size + 2 * uploads
    await waitFor('events behind the last upload', () => sent.size >= enough)
    isOver = true
    await Promise.all(senders)
    await weir.kill()
  }
  const weir = await weirs.start(config)
  await digestedAll(weir)
  expect(sum(await counts(weir))).toBe(sent.size)
  let next: string | undefined = `${weir.url}/api/0/projects/weir/shop/events/?limit=100`
  const wrong: unknown[] = []
  let seen = 0
  for (; next !== undefined;) {
    const answer: Response = await fetch(next)
    for (const { eventID } of (await answer.json()) as { eventID: string }[]) {
      const path = `${weir.url}/api/0/projects/weir/shop/events/${eventID}/json/`
      const stored = (await (await fetch(path)).json()) as ReturnType<typeof eventOf>
      const [frame] = stored.exception.values[0]!.stacktrace.frames as unknown as [
        { lineno: number; data?: Record<string, unknown> },
      ]
      const isMapped = frame.lineno === 15 && frame.data?.['symbolicated'] === true
      const isTold = frame.data?.['unmapped'] === 'no file with this debug id was uploaded'
      const { isMappable } = sent.get(eventID)!
      if (!(isMapped || (isTold && !isMappable))) wrong.push({ eventID, isMappable, frame })
      seen++
    }
    next = /<([^>]+)>; rel="next"; results="true"/.exec(answer.headers.get('link') ?? '')?.[1]
  }
  expect(wrong).toEqual([])
  expect(seen).toBeGreaterThan(2 * uploads)
  console.log(`${sent.size} events, ${seen} of them kept`)
})
