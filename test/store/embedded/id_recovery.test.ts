import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemFiles } from '../../../core/files.ts'
import { documentsTag } from '../../../store/documents_tag.ts'
import { apiSchema } from '../../../store/api/database.ts'
import { lineParts } from '../../../store/api/document_line.ts'
import { idTable } from '../../../store/api/ids.ts'
import { recoverIds } from '../../../store/embedded/id_recovery.ts'
import { knownTo } from '../../../store/embedded/known_places.ts'
import { manifestPath } from '../../../store/embedded/segments/layout.ts'
import { Manifest } from '../../../store/embedded/segments/manifest.ts'
import { openJournal, startWriter } from '../../core/journal/setup.ts'
import { SimulatedDisk } from '../../simulated_files.ts'

/** Answers with one document of each stream, and then no more. */
function engineOf(answers: number) {
  let left = answers
  return {
    search: (stream: string) => {
      if (left-- === 0) return Promise.reject(new Error('killed'))
      return Promise.resolve({
        hits: { hits: [{ _index: stream, _id: 'x', sort: [stream === 'a' ? 1 : 2] }] },
      })
    },
  }
}

test('ids that were not learnt to their end are learnt at the next start', async () => {
  const sqlite = new DatabaseSync(':memory:')
  sqlite.exec(apiSchema)
  const given = { files: systemFiles, journal: { partitions: [] }, documentStreams: ['a', 'b'] }
  const dying = recoverIds(idTable(sqlite), { ...given, engine: engineOf(1) })
  await expect(dying).rejects.toThrow('killed')
  const ids = idTable(sqlite)
  await recoverIds(ids, { ...given, engine: engineOf(2) })
  expect([ids.get('a', 'x')?.seq, ids.get('b', 'x')?.seq]).toEqual([1, 2])
  // Nobody asks for them once more.
  await recoverIds(idTable(sqlite), { ...given, engine: engineOf(0) })
})

test('the manifest knows numbers of documents that were replaced, and of indices that were deleted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-known-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(folder, { recursive: true })
  const manifest = new Manifest(manifestPath(folder))
  const highest = () => knownTo(folder).highestSeq
  expect(highest()).toBe(0)
  manifest.commit({ masks: [{ stream: 'a', seq: 7 }] }, 0)
  expect(highest()).toBe(7)
  manifest.commit({ gone: { stream: 'a', segment: 0, seq: 12 } }, 0)
  expect(highest()).toBe(12)
  manifest.close()
})

test('what of the journal is damaged keeps no other id from being learnt', async () => {
  const disk = new SimulatedDisk(1)
  const world = { files: disk.mount(), dataFolder: '/data' }
  const journal = await openJournal(world)
  const writer = await startWriter(journal, world, 'store')
  for (const seq of [1, 2, 3]) {
    const change = {
      id: `k${seq}`,
      seq,
      op: 'index',
      time: '2026-11-21T10:00:00Z',
      noTime: true,
    } as const
    const bytes = Buffer.concat(lineParts({ ...change, source: Buffer.from('{}') }))
    await writer.append([{ stream: 'a', tag: documentsTag, bytes, count: 1 }])
  }
  const index = [...disk.files.keys()].find((path) => path.endsWith('.index'))!
  const lines = disk.files.get(index)!.toString().split('\n')
  disk.rot(index, lines.slice(0, 3).join('\n').length + 20)
  const sqlite = new DatabaseSync(':memory:')
  sqlite.exec(apiSchema)
  const ids = idTable(sqlite)
  const { files } = world
  await recoverIds(ids, { files, journal, engine: engineOf(0), documentStreams: [] })
  expect(['k1', 'k2', 'k3'].map((id) => ids.get('a', id)?.seq)).toEqual([1, undefined, 3])
})
