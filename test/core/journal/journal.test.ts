import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemFiles } from '../../../core/files.ts'
import { eventsOf } from '../../../core/journal/chunk.ts'
import { everything, linesOf, openJournal, startWriter } from './setup.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what is appended is read, in order, on a real disk, also after a restart', async () => {
  const world = { files: systemFiles, dataFolder: folder }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world)
  await writer.append([linesOf([1, 2, 3], { tag: 'a' }), linesOf([4], { tag: 'b' })])
  await Promise.all([writer.append([linesOf([5])]), writer.append([linesOf([6, 7])])])
  const reader = await journal.reader({ id: 'out', wants: () => true, maxLag: undefined })
  const read = (await reader.read({ bytes: 1_000_000, ageMs: 0 }, AbortSignal.timeout(5000)))!
  await read.reserve()
  expect(read.mayBeKnown).toBe(false)
  expect(read.chunk.count).toBe(7)
  const texts = [...eventsOf(read.chunk)].map(({ start, end }) =>
    JSON.parse(read.chunk.bytes.toString('utf8', start, end)),
  )
  expect(texts.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7])
  await writer.close(AbortSignal.timeout(20_000))
  await journal.release(reader)

  const again = await openJournal(world)
  const next = await startWriter(again, world)
  await next.append([linesOf([8])])
  const second = await again.reader({ id: 'out', wants: () => true, maxLag: undefined })
  const known = (await second.read({ bytes: 1_000_000, ageMs: 0 }, AbortSignal.timeout(5000)))!
  expect(known.mayBeKnown).toBe(true)
  await known.reserve()
  known.done()
  expect(await everything(second)).toEqual([8])
  await again.release(second)
  await next.close(AbortSignal.timeout(20_000))
  const cursor = JSON.parse(readFileSync(join(folder, 'readers/out.json'), 'utf8'))
  expect(cursor.sent['collector-0']).toEqual(
    known.chunk && { segment: known.chunk.segment, ordinal: 7 },
  )
  expect(cursor.cursor['collector-0'].ordinal).toBe(1)
})
