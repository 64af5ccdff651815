/** Documents that were replaced: masks hide their rows for as long as these are there. */
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lineParts } from '../../../../store/api/document_line.ts'
import { documentsTag } from '../../../../store/documents_tag.ts'
import { embeddedConfig } from '../../../../store/embedded/config.ts'
import { takenIn } from '../../../../store/embedded/segments/manifest_file.ts'
import { Manifest } from '../../../../store/embedded/segments/manifest.ts'
import { openStore } from '../setup.ts'

const hourMs = 3_600_000

function changeOf(id: string, seq: number, timeMs: number, replaces?: number) {
  const time = new Date(timeMs).toISOString()
  const source = Buffer.from(`{"of":${seq}}`)
  const bytes = Buffer.concat(
    lineParts({ id, seq, op: 'index', replaces, time, noTime: false, source }),
  )
  return { stream: 'notes', tag: documentsTag, bytes, count: 1 }
}

test('replaced documents that retention took no longer count as deleted', async () => {
  const { retention } = embeddedConfig.parse({ retention: { age: '1h', clock_jump_wait: 0 } })
  const store = await openStore({ retention })
  onTestFinished(() => store.close())
  const nowMs = Date.now()
  for (const seq of [1, 2]) await store.append(changeOf(`k${seq}`, seq, nowMs - 2 * hourMs))
  await store.engine.refresh()
  for (const seq of [1, 2]) await store.append(changeOf(`k${seq}`, seq + 2, nowMs, seq))
  await store.append(changeOf('k5', 5, nowMs))
  await store.engine.refresh()
  expect(await store.engine.streams()).toMatchObject([{ documents: 3, deleted: 2 }])
  await store.engine.compact()
  expect(await store.engine.streams()).toMatchObject([{ documents: 3, deleted: 0 }])
  expect(await store.all('notes')).toHaveLength(3)
})

test('documents that were replaced when retention had taken them take nothing from the count', async () => {
  const { retention } = embeddedConfig.parse({ retention: { age: '1h', clock_jump_wait: 0 } })
  const store = await openStore({ retention })
  onTestFinished(() => store.close())
  const nowMs = Date.now()
  for (const seq of [1, 2]) await store.append(changeOf(`k${seq}`, seq, nowMs - 2 * hourMs))
  await store.engine.refresh()
  await store.engine.compact()
  for (const seq of [3, 4]) await store.append(changeOf(`k${seq}`, seq, nowMs))
  for (const seq of [1, 2]) await store.append(changeOf(`k${seq}`, seq + 4, nowMs, seq))
  await store.append(changeOf('k3', 7, nowMs, 3))
  await store.engine.refresh()
  // Something goes again, and the masks with it.
  await store.append(changeOf('k8', 8, nowMs - 2 * hourMs))
  await store.engine.refresh()
  await store.engine.compact()
  expect(await store.all('notes')).toHaveLength(4)
  expect(await store.engine.streams()).toMatchObject([{ documents: 4 }])
})

test.each([
  ['by age', { age: '1h' }, 2],
  ['by size', { age: '40000d', size: 8_000 }, 50],
])('of documents that retention took it is known that they are gone: %s', async (_, given, old) => {
  const { retention } = embeddedConfig.parse({ retention: { ...given, clock_jump_wait: 0 } })
  const store = await openStore({ retention })
  onTestFinished(() => store.close())
  const nowMs = Date.now()
  for (let seq = 1; seq <= old; seq++)
    await store.append(changeOf(`k${seq}`, seq, nowMs - 2 * hourMs + seq))
  await store.engine.refresh()
  for (const seq of [101, 102]) await store.append(changeOf(`k${seq}`, seq, nowMs))
  await store.engine.refresh()
  expect(store.engine.takenThrough('notes')).toBe(0)
  await store.engine.compact()
  const left = (await store.all('notes', { sql: '_seq' })).map((row) => Number(row['_seq']))
  expect(left).toContain(102)
  expect(left).not.toContain(1)
  expect(store.engine.takenThrough('notes')).toBeGreaterThanOrEqual(Math.min(old, ...left) - 1)
  const seqs = [...Array.from({ length: old }, (_row, n) => n + 1), 101, 102]
  const gone = await store.engine.goneOf('notes', seqs, AbortSignal.timeout(10_000))
  expect(gone.toSorted((a, b) => a - b)).toEqual(seqs.filter((seq) => !left.includes(seq)))
})

test('in a store from before any document may be gone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-manifest-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'manifest.sqlite')
  const manifest = new Manifest(path)
  manifest.commit({ gone: { stream: 'notes', segment: 0, seq: 0 } }, 0)
  manifest.close()
  const before = new DatabaseSync(path)
  before.exec('drop table taken')
  before.close()
  // Before the engine has brought it up to date.
  expect(takenIn(path, 'notes')).toBe(Number.MAX_SAFE_INTEGER)
  new Manifest(path).close()
  const after = new DatabaseSync(path)
  expect(after.prepare('select * from taken').all()).toEqual([{ stream: 'notes', seq: 0 }])
  after.close()
})

test('replaced documents whose files are away take nothing from the count of those that are found', async () => {
  const store = await openStore()
  onTestFinished(() => store.close())
  for (const seq of [1, 2]) await store.append(changeOf(`k${seq}`, seq, Date.now()))
  await store.engine.refresh()
  const mixed = join(store.folder, 'store/segments/_mixed')
  const [first] = readdirSync(mixed).filter((name) => name.endsWith('.parquet'))
  for (const seq of [1, 2]) await store.append(changeOf(`k${seq}`, seq + 2, Date.now(), seq))
  await store.engine.refresh()
  renameSync(join(mixed, first!), join(mixed, `${first!}.away`))
  expect(await store.all('notes')).toHaveLength(2)
  expect(await store.engine.streams()).toMatchObject([{ documents: 2, deleted: 0 }])
})

test('a seal that replaces nothing leaves the counts of masks as they are', () => {
  const manifest = new Manifest(':memory:')
  onTestFinished(() => manifest.close())
  manifest.commit({ masks: [{ stream: 'notes', seq: 1 }] }, 0)
  const counts = manifest.maskCounts()
  expect([...counts]).toEqual([['notes', 1]])
  manifest.commit({ masks: [], unmask: [] }, 0)
  expect(manifest.maskCounts()).toBe(counts)
  manifest.commit({ masks: [{ stream: 'notes', seq: 2 }] }, 0)
  expect([...manifest.maskCounts()]).toEqual([['notes', 2]])
})
