import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Blobs } from '../../../errors/blobs.ts'
import { OrphanedBlobs } from '../../../errors/digest/orphaned_blobs.ts'
import { eventually } from '../../eventually.ts'
import { digestionOf, eventReport, openMemory } from './setup.ts'

const hourMs = 3_600_000

let folder: string
let blobs: Blobs
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-orphans-'))
  blobs = new Blobs(folder, (count) => randomBytes(count))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** When the files were put, by the clock of their file system, which is the machine's. */
const putMs = () => performance.timeOrigin + performance.now()

/** Looks at all folders once. */
async function round(orphans: OrphanedBlobs, nowMs: number): Promise<void> {
  for (let step = 0; step <= 256; step++) {
    await orphans.step(nowMs)
  }
}

test('what a kill left between a blob and its line goes after an hour; what is named stays', async () => {
  const database = openMemory()
  const [named, orphan, renewed] = await Promise.all(
    ['named', 'orphan', 'renewed'].map((text) => blobs.put(Buffer.from(text))),
  )
  const attachment = { name: 'log', type: 'event.attachment', content_type: 'text/plain', size: 5 }
  const report = eventReport({ id: 1 })
  const { digest } = digestionOf(database)
  await digest({ ...report, attachments: [{ ...attachment, blob: named! }] })
  const orphans = new OrphanedBlobs(database, blobs)
  const there = async () =>
    await Promise.all([named!, orphan!, renewed!].map((name) => blobs.has(name)))

  await round(orphans, putMs() + hourMs - 60_000)
  expect(await there()).toEqual([true, true, true])

  // Who puts it again is about to name it.
  const laterMs = putMs() + 50
  await eventually(() => expect(putMs()).toBeGreaterThan(laterMs + 20))
  expect(await blobs.put(Buffer.from('renewed'))).toBe(renewed)
  await round(orphans, laterMs + hourMs)
  expect(await there()).toEqual([true, false, true])
  expect(orphans.deleted).toBe(1)
  database.close()
})

test('what retention leaves over goes at once, unless it was put within the hour', async () => {
  const database = openMemory()
  const name = await blobs.put(Buffer.from('evicted'))
  const orphans = new OrphanedBlobs(database, blobs)
  expect(orphans.offer([name], putMs())).toBe(0)
  expect(await blobs.has(name)).toBe(true)
  expect(orphans.offer([name], putMs() + 2 * hourMs)).toBe(1)
  expect(await blobs.has(name)).toBe(false)
  expect(orphans.offer([name], putMs() + 2 * hourMs)).toBe(0)
  database.close()
})

test('a folder of many is gone through in steps', async () => {
  const database = openMemory()
  const names = await Promise.all(Array.from({ length: 30 }, (_, n) => blobs.put(Buffer.from([n]))))
  const orphans = new OrphanedBlobs(database, blobs)
  await round(orphans, putMs() + 2 * hourMs)
  expect(orphans.deleted).toBe(names.length)
  database.close()
})
