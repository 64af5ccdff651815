import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

const config = {
  http: { listen: ['127.0.0.1:0'] },
  // Everything small and at once, so that segments are made and merged while the backup is taken.
  journal: { segment_size: '256KiB' },
  store: { seal_after: '100ms', refresh_interval: '100ms' },
}

/** Sends numbered events, one after the other, until told to stop. */
class Sender {
  acknowledged = 0
  #stopped = false
  readonly #running: Promise<void>

  constructor(url: string) {
    this.#running = this.#send(url)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #send(url: string): Promise<void> {
    for (let n = 0; !this.#stopped;) {
      const events = Array.from({ length: 100 }, () => ({ n: n++, text: 'x'.repeat(200) }))
      const response = await fetch(`${url}/in/app`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(events),
      })
      if (!response.ok) throw new Error(await response.text())
      this.acknowledged = n
    }
  }
}

/** Every number that the store of a running Weir finds, ascending. */
async function numbersIn(url: string): Promise<number[]> {
  await fetch(`${url}/es/_refresh`, { method: 'POST' })
  const found: number[] = []
  let after: unknown[] | undefined
  do {
    const body = {
      size: 10_000,
      _source: ['n'],
      sort: ['n'],
      ...(after && { search_after: after }),
    }
    const response = await fetch(`${url}/es/logs-app-default/_search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { hits } = ((await response.json()) as { hits: Hits }).hits
    for (const hit of hits) found.push(hit._source.n)
    after = hits.at(-1)?.sort
  } while (after)
  return found
}

interface Hits {
  readonly hits: readonly { _source: { n: number }; sort: unknown[] }[]
}

test('a backup under load has everything acknowledged before, once, also in the restored store', async () => {
  const folder = newFolder()
  const running = await RunningWeir.start(folder, config)
  onTestFinished(async () => {
    await running.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  const put = await fetch(`${running.url}/es/things/_doc/one?refresh=true`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"colour":"red"}',
  })
  expect(put.status).toBe(201)
  const sender = new Sender(running.url)
  await waitFor('something to be in segments', () => {
    const segments = join(running.data, 'store', 'segments')
    return sender.acknowledged > 20_000 && existsSync(segments) && readdirSync(segments).length > 0
  })
  const before = sender.acknowledged
  const saved = join(folder, 'saved')
  const { code, stderr } = await weir(['backup', saved, '-d', running.data])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  await sender.stop()
  expect(readdirSync(running.data)).not.toContain('backup.tmp')
  // The hold is gone with the backup.
  expect(readdirSync(join(running.data, 'readers'))).toEqual(['store.json'])

  const again = newFolder()
  const restored = await weir(['restore', saved, '-d', join(again, 'data')])
  expect(restored).toMatchObject({ code: 0 })
  const second = await RunningWeir.start(again, config)
  onTestFinished(async () => {
    await second.kill()
    rmSync(again, { recursive: true, force: true })
  })
  const numbers = await numbersIn(second.url)
  expect(numbers).toEqual(numbers.map((_, n) => n))
  expect(numbers.length).toBeGreaterThanOrEqual(before)
  expect(numbers.length).toBeLessThanOrEqual(sender.acknowledged)
  // The ids that clients gave are known, and nothing that comes takes the place of what is there.
  const known = await fetch(`${second.url}/es/things/_create/one`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"colour":"blue"}',
  })
  expect(known.status).toBe(409)
  second.process.child.kill('SIGKILL')
  await second.process.ended
  // As of a backup that was killed.
  mkdirSync(join(second.data, 'backup.tmp', 'journal'), { recursive: true })
  const third = await RunningWeir.start(again, config)
  onTestFinished(() => third.kill())
  expect(existsSync(join(third.data, 'backup.tmp'))).toBe(false)
  expect(await numbersIn(third.url)).toEqual(numbers)
}, 120_000)

test('a backup of a stopped Weir, and what makes one unusable', async () => {
  const folder = newFolder()
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const running = await RunningWeir.start(folder, config)
  await fetch(`${running.url}/in/app`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"message":"hello"}',
  })
  running.process.child.kill('SIGTERM')
  await running.process.ended
  const saved = join(folder, 'saved')
  expect(await weir(['backup', saved, '-d', running.data])).toMatchObject({ code: 0 })

  const twice = await weir(['backup', saved, '-d', running.data])
  expect(twice.stderr).toContain('is not empty')
  const inside = await weir(['backup', join(running.data, 'x'), '-d', running.data])
  expect(inside.stderr).toContain('belongs elsewhere')

  const full = await weir(['restore', saved, '-d', running.data])
  expect(full.stderr).toContain('is not empty')

  const contents = join(saved, 'backup.json')
  const text = readFileSync(contents, 'utf8')
  const { files } = JSON.parse(text) as { files: { path: string }[] }
  const restore = async () => {
    const { code, stderr } = await weir(['restore', saved, '-d', join(folder, 'new')])
    expect(readdirSync(join(folder, 'new')).filter((name) => name !== 'lock')).toEqual([])
    expect(code).toBe(1)
    return stderr
  }
  writeFileSync(contents, text.replace('"journal/', '"../../journal/'))
  expect((await weir(['restore', saved, '-d', join(folder, 'out')])).stderr).toContain(
    'it leads out',
  )
  writeFileSync(contents, text)
  const torn = join(saved, files.find(({ path }) => path.endsWith('.ndjson'))!.path)
  const whole = readFileSync(torn)
  writeFileSync(torn, whole.subarray(1))
  expect(await restore()).toContain('is not what was saved')
  rmSync(torn)
  expect(await restore()).toContain('cannot be restored')
  writeFileSync(torn, whole)
  rmSync(contents)
  const half = await weir(['restore', saved, '-d', join(folder, 'new')])
  expect(half.stderr).toContain('holds no whole backup')
})
