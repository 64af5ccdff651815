import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder, weir } from '../commands/weir.ts'
import { RunningWeir } from './running_weir.ts'

const config = { http: { listen: ['127.0.0.1:0'] } }

function madeFolder(): string {
  const folder = newFolder()
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a Weir on the folder for as long as `action` takes. @returns its log. */
async function running(folder: string, action: (url: string) => Promise<void>): Promise<string> {
  const one = await RunningWeir.start(folder, config)
  try {
    await action(one.url)
  } finally {
    one.process.child.kill('SIGTERM')
    expect(await one.process.ended).toMatchObject({ code: 0 })
  }
  return one.process.stderr()
}

/** The statuses of documents that are to be new. */
async function created(url: string, ...ids: string[]): Promise<number[]> {
  const put = (id: string) =>
    fetch(`${url}/es/notes/_create/${id}?refresh=true`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id }),
    })
  const statuses: number[] = []
  for (const id of ids) statuses.push((await put(id)).status)
  return statuses
}

function lose(folder: string, name: string): void {
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(folder, 'data/store', name + suffix), { force: true })
}

const check = async (folder: string) => {
  const { stdout, stderr } = await weir([
    'check',
    '-c',
    join(folder, 'weir.yaml'),
    '-d',
    join(folder, 'data'),
  ])
  return stdout + stderr
}

test('ids are learnt again from segments, and what else was lost with them is said', async () => {
  const folder = madeFolder()
  await running(folder, async (url) => {
    expect(await created(url, 'k1', 'k2')).toEqual([201, 201])
  })
  await running(folder, async (url) => {
    expect(await created(url, 'k3')).toEqual([201])
  })
  lose(folder, 'api.sqlite')
  const log = await running(folder, async (url) => {
    expect(await created(url, 'k1', 'k2', 'k3', 'k4')).toEqual([409, 409, 409, 201])
  })
  expect(log).toMatch(/mappings, templates, aliases/)
})

test('documents of an index that was deleted and made anew are found, though api.sqlite is lost', async () => {
  const folder = madeFolder()
  await running(folder, async (url) => {
    expect(await created(url, 'k1', 'k2')).toEqual([201, 201])
    expect((await fetch(`${url}/es/notes`, { method: 'DELETE' })).status).toBe(200)
  })
  lose(folder, 'api.sqlite')
  // It has been read, and goes with time.
  rmSync(join(folder, 'data/journal/store'), { recursive: true })
  await running(folder, async (url) => {
    expect(await created(url, 'k1')).toEqual([201])
    const count = await fetch(`${url}/es/notes/_count`)
    expect(await count.json()).toMatchObject({ count: 1 })
  })
})

test('segments whose manifest is lost are set aside as they are, and taken back when that is asked for', async () => {
  const folder = madeFolder()
  await running(folder, async (url) => {
    expect(await created(url, 'k1')).toEqual([201])
  })
  const contents = (of: string) => {
    const found = readdirSync(join(folder, 'data/store', of), {
      recursive: true,
      withFileTypes: true,
    })
    const files = found.filter((each) => each.isFile())
    return files
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'base64'))
      .toSorted()
  }
  const before = contents('segments')
  expect(before).not.toEqual([])
  lose(folder, 'manifest.sqlite')
  rmSync(join(folder, 'data/journal/store'), { recursive: true })
  expect(await check(folder)).toMatch(/manifest\.sqlite is lost: the next start/)
  const { stderr } = await weir(['store', 'stats', '-d', join(folder, 'data')])
  expect(stderr).toMatch(/manifest\.sqlite is lost.*the next start/)
  expect(contents('segments')).toEqual(before)
  await running(folder, async (url) => {
    await fetch(`${url}/es/_search`)
  })
  expect(contents('aside')).toEqual(before)
  expect(await check(folder)).toMatch(/aside has files of a store/)
  const adopted = await weir(['store', 'adopt', '-d', join(folder, 'data')])
  expect(adopted).toMatchObject({ code: 0, stderr: expect.stringContaining('1 events and') })
  expect(await check(folder)).not.toMatch(/aside has files/)
  await running(folder, async (url) => {
    const found = await fetch(`${url}/es/notes/_search?q=id:k1`)
    expect(await found.json()).toMatchObject({
      hits: { hits: [{ _id: 'k1', _source: { id: 'k1' } }] },
    })
    expect(await created(url, 'k1', 'k2')).toEqual([409, 201])
  })
})

test('files of the store that are garbage are named, by the check and by the start', async () => {
  const folder = madeFolder()
  await running(folder, async () => {})
  const store = join(folder, 'data/store')
  const starting = ['start', '-c', join(folder, 'weir.yaml'), '-d', join(folder, 'data')]
  for (const name of ['manifest.sqlite', 'metrics.sqlite', 'documents.sqlite']) {
    lose(folder, name)
    writeFileSync(join(store, name), 'no database at all, but long enough to be taken for one')
    expect(await check(folder)).toContain(`${name} is damaged`)
    const { code, stderr } = await weir(starting)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(new RegExp(`${name} is damaged[^]*WEIR_STORE_DAMAGED`))
    expect(stderr).not.toMatch(/^ +at /m)
    rmSync(join(store, name))
  }
  rmSync(store, { recursive: true })
  writeFileSync(store, '')
  expect(await check(folder)).toContain('store is no folder')
  expect((await weir(starting)).stderr).toMatch(/store is no folder[^]*WEIR_DATA_UNUSABLE/)
})
