/** Where documents are, as the manifest keeps it; how pages are read is in ../parquet/text_rows.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../../core/clock.ts'
import { type Files, systemFiles } from '../../../../core/files.ts'
import { ParquetFile } from '../../../../store/embedded/parquet/parquet_file.ts'
import { TextColumn } from '../../../../store/embedded/parquet/text_column.ts'
import { segmentAnswerer } from '../../../../store/embedded/segment_answerer.ts'
import {
  readSourcePages,
  sourcePagesIn,
  sourcePagesText,
} from '../../../../store/embedded/segments/source_pages.ts'
import { SourceReader } from '../../../../store/embedded/segments/source_reader.ts'
import { linesOf } from '../../../core/journal/setup.ts'
import { inProcess, openStore } from '../setup.ts'

const never = new AbortController().signal

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-pages-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('a document whose page is known is read with nothing else of its file', async () => {
  const path = join(newFolder(), 'a.parquet')
  const column = new TextColumn({ dictionary: false, bounds: false, pageBytes: 20_000 })
  const named = [{ name: '_source', kind: 'text' as const, column }]
  const file = new ParquetFile(() => systemFiles.open(path, 'wx+'), named, 3)
  const texts = Array.from({ length: 5_000 }, (_, n) => `{"n":${n},"random":${Math.sin(n)}}`)
  for (let group = 0; group < texts.length; group += 2_000) {
    const own = texts.slice(group, group + 2_000)
    for (const [row, text] of own.entries()) {
      const bytes = Buffer.from(text)
      column.add(row, bytes, 0, bytes.length)
    }
    await file.write(own.length)
  }
  await file.finish()
  const known = sourcePagesIn(sourcePagesText(await readSourcePages(systemFiles, path)))!
  expect(known).toHaveLength(1)
  const pages = known[0]!
  const rows = [0, 1_999, 2_000, 3_123, 4_999]
  const wanted = new Set(
    rows.map((row) => pages.index.firstRow.findLastIndex((first) => first <= row)),
  )
  const bytes = [...wanted].reduce((sum, page) => sum + pages.index.bytes[page]!, 0)
  const counting = { bytes: 0 }
  const reader = new SourceReader(countingFiles(counting), () => known, 0)
  const places = rows.map((row) => ({ file: path, row }))
  expect(await reader.read(places, never)).toEqual(rows.map((row) => texts[row]))
  expect(counting.bytes).toBe(bytes)
  const beyond = [{ file: path, row: texts.length }]
  expect(await reader.read(beyond, never)).toBeUndefined()
})

test('documents of a row group that is too short to be packed are read beside those of others', async () => {
  const path = join(newFolder(), 'a.parquet')
  const column = new TextColumn({ dictionary: false, bounds: false, pageBytes: 20_000 })
  const named = [{ name: '_source', kind: 'text' as const, column }]
  const file = new ParquetFile(() => systemFiles.open(path, 'wx+'), named, 3)
  const texts: string[] = []
  for (const rows of [3_000, 1, 2_000, 1]) {
    for (let row = 0; row < rows; row++) {
      const bytes = Buffer.from(`{"n":${texts.length},"random":${Math.sin(texts.length)}}`)
      column.add(row, bytes, 0, bytes.length)
      texts.push(bytes.toString())
    }
    await file.write(rows)
  }
  await file.finish()
  const known = sourcePagesIn(sourcePagesText(await readSourcePages(systemFiles, path)))
  const reader = new SourceReader(systemFiles, () => known, 0)
  const rows = [0, 2_999, 3_000, 3_001, 5_000, 5_001]
  const places = rows.map((row) => ({ file: path, row }))
  expect(await reader.read(places, never)).toEqual(rows.map((row) => texts[row]))
})

test('pages of the first day, of one codec whatever there was, are looked for in the file', () => {
  expect(sourcePagesIn('[0,false,[[0,4,900]]]')).toBeUndefined()
})

function countingFiles(counting: { bytes: number }): Files {
  return {
    ...systemFiles,
    async open(path, flags) {
      const handle = await systemFiles.open(path, flags)
      return {
        ...handle,
        async read(into, position) {
          const read = await handle.read(into, position)
          counting.bytes += read
          return read
        },
      }
    },
  }
}

test('every segment has its pages; a store of before they were kept opens, and answers', async () => {
  const folder = newFolder()
  const startChild = () => inProcess(segmentAnswerer(systemClock))
  let store = await openStore({}, startChild(), folder)
  onTestFinished(() => store.close())
  const manifest = (action: (database: DatabaseSync) => unknown) => {
    const database = new DatabaseSync(join(folder, 'store/manifest.sqlite'))
    const value = action(database)
    database.close()
    return value
  }
  const without = () =>
    manifest((database) =>
      database
        .prepare('select id from segments where id not in (select segment from source_pages)')
        .all(),
    )
  const asked = async () => {
    const body = { query: { match_all: {} }, sort: ['_doc'] }
    const { hits } = await store.engine.search('logs-a-default', body, {}, never)
    return (hits as unknown as { hits: { _source: object }[] }).hits.map(({ _source }) => _source)
  }
  for (const n of [1, 2, 3]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
  const fresh = await asked()
  expect(fresh).toHaveLength(3)
  expect(without()).toEqual([])
  await store.engine.compact()
  expect(without()).toEqual([])
  expect(await asked()).toEqual(fresh)
  await store.close()
  manifest((database) => database.exec('drop table source_pages'))
  store = await openStore({}, startChild(), folder)
  expect(await asked()).toEqual(fresh)
  expect(without()).toHaveLength(1)
})
