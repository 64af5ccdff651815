/** What a file ends with and no line end closes, around the size of the smallest read. */
import { renameSync, writeFileSync as write } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Stage } from './stage.ts'

const sizes = [4094, 4095, 4096, 4097, 4098, 5000, 5001]

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})
afterEach(() => stage.clear())

async function quiesced(): Promise<number[]> {
  for (let turn = 0; turn < 4; turn++) await stage.quiesce()
  return stage.journal.texts().map(({ length }) => length)
}

test.each(sizes)('the last line of a rotated file, of %i bytes', async (size) => {
  write(stage.path('a.log'), 'x'.repeat(size))
  await stage.start({ paths: [stage.path('*.log')], tag: 'app' })
  await stage.quiesce()
  renameSync(stage.path('a.log'), stage.path('a.log.1'))
  write(stage.path('a.log'), 'new\n')
  expect((await quiesced()).toSorted((a, b) => a - b)).toEqual([3, size])
})

test.each(sizes)(
  'an event of several lines in the last %i bytes of a file at rest',
  async (size) => {
    write(stage.path('a.log'), `1 ${'x'.repeat(size - 4)}\n `)
    const multiline = { start_pattern: '^\\d' }
    await stage.start({ paths: [stage.path('*.log')], tag: 'app', multiline })
    expect(await quiesced()).toEqual([size - 2])
  },
)
