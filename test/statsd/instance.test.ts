import { expect, test } from 'vitest'
import { openInstance, reservedFlushes, reserveFlushes } from '../../statsd/instance.ts'
import type { Files } from '../../core/files.ts'

/** Files that are texts. */
function textFiles(texts = new Map<string, string>()) {
  const files = {
    readText: async (path: string) => texts.get(path),
    replace: async (path: string, text: string) => void texts.set(path, text),
    makeFolder: async () => undefined,
    syncFolder: async () => undefined,
  }
  return { files: files as unknown as Files, texts }
}

const open = (files: Files, last?: { instance: string; flush: number }) =>
  openInstance('/data', last, { files, now: () => 1e12, randomBytes: (n) => new Uint8Array(n) })

test('an instance is made once', async () => {
  const { files } = textFiles()
  const made = await open(files)
  expect(made.nextFlush).toBe(1)
  expect((await open(files)).id).toBe(made.id)
})

test('numbers go on behind the last flush of the journal, or behind all that may have been given', async () => {
  const { files } = textFiles()
  const { id } = await open(files)
  expect(await open(files, { instance: id, flush: 7 })).toEqual({ id, nextFlush: 8 })
  expect(await open(files)).toEqual({ id, nextFlush: 8 + reservedFlushes })
  await reserveFlushes('/data', { id, nextFlush: 50_000 }, files)
  // A position of another instance says nothing.
  expect(await open(files, { instance: 'other', flush: 3 })).toEqual({
    id,
    nextFlush: 50_000 + reservedFlushes,
  })
})

test.each(['', '{}', '{"instance":"x","next_flush":1}', 'not json'])(
  'a damaged file is told: %j',
  async (text) => {
    const { files } = textFiles(new Map([['/data/statsd/instance.json', text]]))
    await expect(open(files)).rejects.toMatchObject({ code: 'WEIR_DATA_UNUSABLE' })
  },
)
