import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { systemFiles } from '../../../../core/files.ts'
import { whatIsWrong } from '../../../../store/embedded/segments/file_check.ts'
import { verbatim } from '../../../../store/embedded/sql.ts'
import { linesOf } from '../../../core/journal/setup.ts'
import { inProcess, openStore, type TestStore } from '../setup.ts'

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

/** A store with two segments of one row each. */
async function filled(): Promise<TestStore> {
  store = await openStore()
  for (const n of [4711, 4712]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
  return store
}

const paths = ({ folder }: TestStore, ending: string) => {
  const top = join(folder, 'store/segments')
  const names = readdirSync(top, { recursive: true }) as string[]
  return names
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => join(top, name))
}

/** Changes a byte in the middle, in a way that no reader need notice. */
function damage(path: string, at = Math.floor(statSync(path).size / 2)): void {
  const file = openSync(path, 'r+')
  writeSync(file, 'X', at)
  closeSync(file)
}

const unsummed = (folder: string) => {
  const manifest = new DatabaseSync(join(folder, 'store/manifest.sqlite'))
  const { n } = manifest
    .prepare('select count(*) as n from segments where id not in (select segment from checksums)')
    .get()!
  manifest.close()
  return n
}

test('a segment in which any byte is not as it was written is found and set aside', async () => {
  const { engine } = await filled()
  expect(await engine.verify()).toMatchObject({ verified: 2, damaged: [] })
  damage(paths(store!, '.parquet')[0]!)
  const { damaged } = await engine.verify()
  expect(damaged).toMatchObject([{ rows: 1, reason: expect.stringContaining('checksum') }])
  expect(await engine.verify()).toMatchObject({ verified: 1, damaged: [] })
})

test('a token filter that was changed is named and removed, and hides nothing', async () => {
  const { engine } = await filled()
  const [words] = paths(store!, '.words')
  damage(words!, statSync(words!).size - 1)
  expect(await engine.verify()).toMatchObject({ damaged: [{ rows: 0 }] })
  expect(paths(store!, '.words')).not.toContain(words)
  const found = await store!.all('logs-a-default', { needs: { words: [['4711']] } })
  expect(found).toHaveLength(1)
  expect(await engine.verify()).toMatchObject({ verified: 2, damaged: [] })
})

test('what is merged has checksums; a store of before they were kept opens, and is verified', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-sums-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  store = await openStore({}, inProcess(), folder)
  for (const n of [1, 2, 3]) {
    await store.append(linesOf([n]))
    await store.engine.refresh()
  }
  await store.engine.compact()
  expect(unsummed(folder)).toBe(0)
  expect(await store.engine.verify()).toMatchObject({ verified: 1, damaged: [] })
  await store.close()
  const manifest = new DatabaseSync(join(folder, 'store/manifest.sqlite'))
  manifest.exec('drop table checksums')
  manifest.close()
  store = await openStore({}, inProcess(), folder)
  expect(await store.engine.verify()).toMatchObject({ verified: 1, damaged: [] })
  expect(unsummed(folder)).toBe(1)
})

test('why a file cannot be read is said in short, without pages of what is in it', async () => {
  await filled()
  const [path] = paths(store!, '.parquet')
  const connected = () => Promise.reject(new Error(`Invalid string: ${'secret '.repeat(1_000)}`))
  const file = { path: path!, rows: 1, checksum: undefined, values: verbatim('1') }
  const reason = await whatIsWrong(
    { files: systemFiles, connected },
    file,
    AbortSignal.timeout(20_000),
  )
  expect(reason).toMatch(/^Invalid string: /)
  expect(reason!.length).toBeLessThan(250)
})
