import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { readContents, type Contents } from '../../../commands/backup/contents.ts'
import { refuseHalfRestored, restoreInto } from '../../../commands/backup/restored.ts'

function folders(): { backup: string; data: string; contents: Contents } {
  const folder = mkdtempSync(join(tmpdir(), 'weir-restore-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [backup, data] = [join(folder, 'backup'), join(folder, 'data')]
  mkdirSync(join(backup, 'dead'), { recursive: true })
  mkdirSync(data)
  writeFileSync(join(data, 'lock'), '')
  writeFileSync(join(backup, 'dead/es.ndjson'), '{}\n')
  const files = [{ path: 'dead/es.ndjson', bytes: 3, crc32: crc32('{}\n') }]
  const contents = { format: 1, version: '1', time: '2026-11-21T00:00:00.000Z', files } as const
  return { backup, data, contents: { ...contents, files } }
}

test('a restore that was interrupted is no data folder, and can be run again', async () => {
  const { backup, data, contents } = folders()
  // It had put one part in place.
  mkdirSync(join(data, 'restore.partial/journal'), { recursive: true })
  mkdirSync(join(data, 'store'))
  expect(() => refuseHalfRestored(data)).toThrow(/did not come to its end/)
  await restoreInto(data, backup, contents, () => undefined)
  expect(() => refuseHalfRestored(data)).not.toThrow()
  expect(existsSync(join(data, 'dead/es.ndjson'))).toBe(true)
  expect(existsSync(join(data, 'store'))).toBe(false)
})

test('a folder that holds something is left alone', async () => {
  const { backup, data, contents } = folders()
  mkdirSync(join(data, 'journal'))
  const restored = restoreInto(data, backup, contents, () => undefined)
  await expect(restored).rejects.toThrow(/is not empty \(journal\)/)
  expect(existsSync(join(data, 'dead'))).toBe(false)
})

test.each(['../x/y', 'journal/../../x', 'journal', '/etc/passwd', 'journal//x', 'weir.sock'])(
  'a list that leads out of the folder is refused: %s',
  (path) => {
    const { backup, contents } = folders()
    const [file] = contents.files
    const text = JSON.stringify({ ...contents, files: [{ ...file, path }] })
    writeFileSync(join(backup, 'backup.json'), text)
    expect(() => readContents(backup)).toThrow(/it leads out of the folder/)
  },
)
