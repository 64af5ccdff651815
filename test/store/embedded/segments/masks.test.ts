/** Documents that were replaced: masks hide their rows for as long as these are there. */
import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lineParts } from '../../../../store/api/document_line.ts'
import { documentsTag } from '../../../../store/documents_tag.ts'
import { embeddedConfig } from '../../../../store/embedded/config.ts'
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
