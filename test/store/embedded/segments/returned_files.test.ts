import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../../core/clock.ts'
import { systemFiles } from '../../../../core/files.ts'
import { checkStoreFiles } from '../../../../commands/check_store_files.ts'
import { setAsideIn, storedIn } from '../../../../store/embedded/segments/manifest_file.ts'
import type { JsonRecord } from '../../../../store/search.ts'
import { linesOf } from '../../../core/journal/setup.ts'
import { inProcess, openStore, plainAnswerer, type TestStore } from '../setup.ts'

let folder: string
let store: TestStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-returned-'))
  store = await openStore({}, inProcess(), folder)
  for (const n of [1, 2]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const ask = () => store.engine.search('logs-a-default', {}, {}, AbortSignal.timeout(10_000))
const found = async () => ((await ask())['hits'] as JsonRecord[]).length
const segments = () => join(folder, 'store/segments')
const manifest = () => join(folder, 'store/manifest.sqlite')

function moveAway(): void {
  renameSync(segments(), `${segments()}.away`)
  mkdirSync(segments())
}

function moveBack(): void {
  rmSync(segments(), { recursive: true })
  renameSync(`${segments()}.away`, segments())
}

test('while the files of a stream are away, each answer says so, and the stream is still there', async () => {
  moveAway()
  for (let n = 0; n < 3; n++) expect(await ask()).toMatchObject({ hits: [], damaged: 2 })
  expect(await store.engine.streams()).toMatchObject([{ name: 'logs-a-default', documents: 0 }])
  expect(setAsideIn(manifest())).toMatchObject([
    { reason: 'the file is missing' },
    { reason: 'the file is missing' },
  ])
  expect(storedIn(manifest())).toEqual({ segments: 0, bytes: 0, rows: 0 })
  expect(await store.engine.verify()).toMatchObject({ damaged: [], aside: [{}, {}] })
  const named = { level: 'problem', message: expect.stringContaining('the file is missing') }
  expect(checkStoreFiles(folder)).toMatchObject([named, named])
  moveBack()
})

test('files that are there again are found again by a question', async () => {
  moveAway()
  expect(await found()).toBe(0)
  moveBack()
  await vi.waitFor(async () => expect(await found()).toBe(2), { timeout: 10_000 })
  expect(await ask()).toMatchObject({ damaged: 0 })
  expect(setAsideIn(manifest())).toEqual([])
  expect(storedIn(manifest())).toMatchObject({ segments: 2, rows: 2 })
  await store.engine.compact()
  expect(await found()).toBe(2)
})

test('files that are away once more are found again once more', async () => {
  for (let times = 0; times < 2; times++) {
    moveAway()
    expect(await found()).toBe(0)
    moveBack()
    await vi.waitFor(async () => expect(await found()).toBe(2), { timeout: 10_000 })
  }
})

test('where the disk does not even say whether a file is there, the others answer', async () => {
  await store.close()
  let isFailing = false
  let monotonicMs = 0
  const files = {
    ...systemFiles,
    size: (path: string) => {
      const failure = Object.assign(new Error('EIO: i/o error, stat'), { code: 'EIO' })
      const fails = isFailing && path.includes('/segments/')
      return fails ? Promise.reject(failure) : systemFiles.size(path)
    },
  }
  const clock = { ...systemClock, monotonic: () => monotonicMs }
  store = await openStore({}, inProcess(plainAnswerer, undefined, clock, files), folder)
  moveAway()
  expect(await found()).toBe(0)
  await store.append(linesOf([3]))
  await store.engine.refresh()
  isFailing = true
  monotonicMs += 2_000
  expect(await ask()).toMatchObject({ hits: [{}], damaged: 2 })
  expect(await store.engine.streams()).toMatchObject([{ documents: 1 }])
  const { damaged, aside } = await store.engine.verify()
  expect([damaged, aside]).toMatchObject([[{ reason: 'EIO: i/o error, stat' }], [{}, {}]])
  isFailing = false
  monotonicMs += 2_000
  expect(await found()).toBe(1)
})

test('files that are there again are found again by verify, and after a restart', async () => {
  moveAway()
  expect(await found()).toBe(0)
  await store.close()
  store = await openStore({}, inProcess(), folder)
  expect(await ask()).toMatchObject({ hits: [], damaged: 2 })
  moveBack()
  expect(await store.engine.verify()).toMatchObject({ verified: 2, damaged: [], aside: [] })
  expect(await found()).toBe(2)
})

test('an index that is deleted while its files are away is gone, and stays so', async () => {
  moveAway()
  expect(await found()).toBe(0)
  await store.engine.deleteIndex('logs-a-default', 0)
  expect(await store.engine.streams()).toEqual([])
  moveBack()
  await store.engine.verify()
  expect(await store.engine.streams()).toEqual([])
})
