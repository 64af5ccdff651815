/** Segments whose manifest was lost, taken into the store again. */
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../../core/clock.ts'
import { lineParts } from '../../../../store/api/document_line.ts'
import { documentsTag } from '../../../../store/documents_tag.ts'
import { linesOf } from '../../../core/journal/setup.ts'
import { inProcess, openStore, plainAnswerer, type TestStore } from '../setup.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'weir-adopted-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const open = (step?: (name: string) => void) =>
  openStore({}, inProcess(plainAnswerer, step), folder)
const at = (...names: string[]) => join(folder, 'store', ...names)

/** What `action` makes of a store that is opened for it. */
async function opened<T>(action: (store: TestStore) => Promise<T>, step?: (name: string) => void) {
  const store = await open(step)
  try {
    return await action(store)
  } finally {
    await store.close()
  }
}

function changeOf(id: string, seq: number, replaces?: number, noTime = false) {
  const time = '2026-11-21T10:00:00.123456Z'
  const source = Buffer.from(`{"of":${seq},"text":"hallo \\n"}`)
  const bytes = Buffer.concat(lineParts({ id, seq, op: 'index', replaces, time, noTime, source }))
  return { stream: 'notes', tag: documentsTag, bytes, count: 1 }
}

/** Events and documents, some of them replaced, in fresh and merged segments. */
async function fill(store: TestStore, onFresh = () => {}): Promise<void> {
  for (const numbers of [
    [1, 2, 3],
    [4, 5],
  ]) {
    await store.append(linesOf(numbers))
    await store.append({ ...linesOf(numbers), stream: 'logs-b-default' })
    await store.append(changeOf(`k${numbers.length}`, numbers[0]!, undefined, numbers.length === 2))
    await store.engine.refresh()
  }
  onFresh()
  await store.engine.compact()
  await store.append(linesOf([6, 7]))
  await store.append(changeOf('k3', 9, 1))
  await store.engine.refresh()
}

const everyRow = `_stream, "@timestamp"::varchar as time, _journal, _ordinal, _id, _seq, _spilled, message, _source
  order by _journal, _ordinal`

const rowsOf = (store: TestStore) =>
  store.all('logs-a-default,logs-b-default,notes', { sql: everyRow })

async function filled() {
  return await opened(async (store) => {
    await fill(store)
    return await rowsOf(store)
  })
}

function lose(...names: string[]): void {
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true })
}
const manifest = ['', '-wal', '-shm'].map((suffix) => `store/manifest.sqlite${suffix}`)

const filesIn = (name: string) =>
  (readdirSync(at(name), { recursive: true }) as string[]).filter((file) => /\.\w+$/.test(file))

test.each(['journal', 'nothing'])(
  'all of the store is as it was, when with its manifest %s is lost',
  async (also) => {
    const before = await filled()
    expect(before).toHaveLength(14)
    lose(...manifest, also)
    await opened(async (store) => {
      await store.engine.refresh()
      const { rows, left } = await store.engine.adopt()
      expect([rows, left]).toEqual([also === 'journal' ? 14 : expect.any(Number), []])
      expect(await rowsOf(store)).toEqual(before)
      expect(await store.all('notes', { needs: { words: [['hallo']] } })).toHaveLength(2)
      expect(filesIn('aside')).toEqual([])
      expect(await store.engine.adopt()).toMatchObject({ files: 0, rows: 0 })
    })
  },
)

test('what a merge that was interrupted left twice is there once', async () => {
  const before = await opened(async (store) => {
    await fill(store, () => cpSync(at('segments'), at('inputs'), { recursive: true }))
    return await rowsOf(store)
  })
  const merged = filesIn('segments').length
  cpSync(at('inputs'), at('segments'), { recursive: true })
  expect(filesIn('segments').length).toBeGreaterThan(merged)
  lose(...manifest, 'journal')
  await opened(async (store) => {
    await store.engine.adopt()
    expect(await rowsOf(store)).toEqual(before)
  })
})

test('whenever it dies meanwhile, it goes on where it was', async () => {
  const before = await filled()
  lose(...manifest, 'journal')
  let died = 0
  for (let steps = 0; ; steps++) {
    let left = steps
    const step = () => {
      if (left-- <= 0) throw new Error('Died')
    }
    const isDone = await opened((store) => store.engine.adopt(), step).then(
      ({ left: unread }) => unread.length === 0,
      () => false,
    )
    if (isDone) break
    died += 1
  }
  expect(died).toBeGreaterThan(4)
  await opened(async (store) => {
    expect(await rowsOf(store)).toEqual(before)
    await store.engine.compact()
    expect(await rowsOf(store)).toEqual(before)
  })
})

test('a file that cannot be read is named and left, and the others are taken', async () => {
  const before = await filled()
  lose(...manifest, 'journal')
  await opened((store) => store.engine.refresh())
  const [damaged] = filesIn('aside').filter((file) => file.endsWith('.parquet'))
  truncateSync(at('aside', damaged!), 100)
  await opened(async (store) => {
    const { rows, left } = await store.engine.adopt()
    expect(left).toMatchObject([{ file: `aside/${damaged!}` }])
    expect(rows).toBeGreaterThan(0)
    expect(rows).toBeLessThan(before.length)
  })
  expect(filesIn('aside')).toContain(damaged)
})

test('while files of the store are away nothing is taken: with them back it would be there twice', async () => {
  const before = await filled()
  lose(...manifest)
  await opened(async (store) => {
    // What the journal still has is in segments of the new manifest.
    await store.engine.refresh()
    renameSync(at('segments', '_mixed'), at('away'))
    expect(await rowsOf(store)).toEqual([])
    await expect(store.engine.adopt()).rejects.toThrow(
      /^files of the store are missing \(1\), such as segments\/_mixed\/\d+\.parquet/,
    )
    expect(filesIn('aside')).not.toEqual([])
    renameSync(at('away'), at('segments', '_mixed'))
    expect(await store.engine.adopt()).toMatchObject({ left: [] })
    expect(await rowsOf(store)).toEqual(before)
  })
})

test('it may take longer than any question', async () => {
  const before = await filled()
  lose(...manifest, 'journal')
  const sleep: typeof systemClock.sleep = (ms, signal) =>
    ms > 600_000 ? systemClock.sleep(ms, signal) : Promise.resolve()
  const impatient = inProcess(plainAnswerer, undefined, { ...systemClock, sleep })
  const store = await openStore({}, impatient, folder)
  try {
    expect(await store.engine.adopt()).toMatchObject({ left: [] })
  } finally {
    await store.close()
  }
  await opened(async (again) => expect(await rowsOf(again)).toEqual(before))
})
