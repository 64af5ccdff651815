import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemFiles } from '../../../core/files.ts'
import { everything, linesOf, openJournal, startWriter } from './setup.ts'

/** A journal that version 1 wrote: two segments, the second with a torn tail, a position, a cursor. */
const golden = new URL('../../golden/journal/v1', import.meta.url).pathname

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-golden-'))
  cpSync(golden, folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a journal of version 1 opens: events, cursor, positions; its torn tail is cut and reported', async () => {
  const counts = new Map<string, number>()
  const world = { files: systemFiles, dataFolder: folder, counts }
  const journal = await openJournal(world)
  expect(counts.get('journal torn_tail')).toBe(1)
  expect([...journal.positions()]).toEqual([
    ['collector-0 /var/log/a.log', [2, { inode: 7, offset: 512 }]],
    ['collector-0 /var/log/b.log', [1, { inode: 8, offset: 64 }]],
  ])
  const writer = await startWriter(journal, world)
  await writer.append([linesOf([6])])
  const reader = await journal.reader({ id: 'out', wants: () => true, maxLag: undefined })
  expect(await everything(reader)).toEqual([3, 4, 5, 6])
  await journal.release(reader)
  await writer.close(AbortSignal.timeout(20_000))
})

test('a newer version is refused, and nothing of it is touched', async () => {
  const path = join(folder, 'journal/collector-0/01KAHC0000000000000000000B.index')
  const [open, ...rest] = readFileSync(path, 'utf8').split('\n')
  const json = open!.slice(9).replace('"version":1', '"version":2')
  const text = [`${crc32(json).toString(16).padStart(8, '0')} ${json}`, ...rest].join('\n')
  writeFileSync(path, text)
  const opened = openJournal({ files: systemFiles, dataFolder: folder })
  await expect(opened).rejects.toMatchObject({ code: 'WEIR_JOURNAL_VERSION' })
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test('what else lies in the folders is left alone', async () => {
  writeFileSync(join(folder, 'journal/notes'), 'not a partition')
  writeFileSync(join(folder, 'journal/.DS_Store'), '')
  writeFileSync(join(folder, 'journal/collector-0/README'), 'hello')
  writeFileSync(join(folder, 'readers/out.json.new'), '{')
  const journal = await openJournal({ files: systemFiles, dataFolder: folder })
  expect(journal.partitions.map(({ name }) => name)).toEqual(['collector-0'])
  expect(readFileSync(join(folder, 'journal/collector-0/README'), 'utf8')).toBe('hello')
})
