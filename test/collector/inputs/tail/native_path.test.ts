import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nativePath, textOf } from '../../../../collector/inputs/tail/native_path.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
afterEach(() => stage.clear())

test('the bytes of any name are found again, and UTF-8 is as it is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      expect(Buffer.from(nativePath(textOf(Buffer.from(bytes))))).toEqual(Buffer.from(bytes))
    }),
  )
  expect(textOf(Buffer.from('é日😀\ufffd\ufeff'))).toBe('é日😀\ufffd\ufeff')
})

const native = (...names: readonly string[]) =>
  Buffer.concat([Buffer.from(`${stage.folder}/`), Buffer.from(names.join('/'), 'latin1')])

test('a file whose name is no UTF-8 is read, rotated and known after a restart', async () => {
  const log = native('caf\xe9', 'caf\xe9.log')
  mkdirSync(native('caf\xe9'))
  writeFileSync(log, '1\n')
  writeFileSync(native('caf\xe8.log'), 'other\n')
  symlinkSync(log, stage.path('link.log'))
  const config = { paths: [stage.path('**/*.log')], tag: 'file.*' }
  await stage.start(config)
  await stage.poll()
  appendFileSync(log, '2\n')
  renameSync(log, native('caf\xe9', 'caf\xe9.log.1'))
  writeFileSync(log, '3\n')
  await stage.quiesce()
  await stage.stop()
  appendFileSync(log, '4\n')
  await stage.start(config)
  await stage.quiesce()
  const texts = stage.journal.texts()
  expect(texts.toSorted()).toEqual(['1', '2', '3', '4', 'other'])
  for (const { tag, context } of stage.journal.events) {
    expect(tag.isWellFormed()).toBe(true)
    expect(context.log).toMatchObject({
      file: { path: expect.stringMatching(/caf\ufffd\.log$|link/) as string },
    })
  }
})
