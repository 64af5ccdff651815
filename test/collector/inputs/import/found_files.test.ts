import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { filesAt } from '../../../../collector/inputs/import/found_files.ts'

test('files of folders, each once, without hidden ones and archives', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'weir-import-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'inner'))
  for (const name of ['b.log', 'a.log.2.gz', '.hidden', 'old.tar', 'inner/c.log']) {
    writeFileSync(join(folder, name), '')
  }
  symlinkSync(join(folder, 'nothing'), join(folder, 'dangling'))
  symlinkSync(join(folder, 'b.log'), join(folder, 'current'))
  const found = filesAt([folder, join(folder, 'b.log'), join(folder, 'old.tar')])
  expect(found.map((path) => path.slice(folder.length + 1))).toEqual([
    'a.log.2.gz',
    'b.log',
    'inner/c.log',
    // Named itself.
    'old.tar',
  ])
})

test('a path that is not there', () => {
  expect(() => filesAt(['/nonexistent/x'])).toThrow(/\/nonexistent\/x cannot be read/)
})
