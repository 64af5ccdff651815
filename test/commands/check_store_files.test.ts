import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkStoreFiles } from '../../commands/check_store_files.ts'

test('files that cannot be opened are named, each once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = ['documents.sqlite', 'api.sqlite'].map((name) => `${folder}/store/${name}`)
  // What stands there is no file, which SQLite says in the same words for each.
  for (const path of files) mkdirSync(path, { recursive: true })
  const told = checkStoreFiles(folder).map(({ message }) => message)
  expect(told).toEqual(files.map((path) => `${path}: disk I/O error`))
})

test('of what was set aside it is said how to have it back, events and points apart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const aside = `${folder}/store/aside`
  const told = () => checkStoreFiles(folder).map(({ message }) => message)
  const put = (name: string) => {
    mkdirSync(`${aside}/${name}`, { recursive: true })
    writeFileSync(`${aside}/${name}/1.parquet`, '')
  }
  mkdirSync(`${aside}/points-4`, { recursive: true })
  expect(told()).toEqual([])
  put('points-5')
  expect(told()).toEqual([expect.stringMatching(/points of .*metrics\.sqlite.* from a backup/)])
  put('segments-5')
  expect(told()).toEqual([
    expect.stringContaining('weir store adopt'),
    expect.stringContaining('aside/points-*'),
  ])
})
