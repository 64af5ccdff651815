import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Blobs } from '../../errors/blobs.ts'

let folder: string
let blobs: Blobs
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'weir-blobs-')), 'blobs')
  blobs = new Blobs(folder, (count) => randomBytes(count))
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

const named = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

test('bytes and streams are kept under what they hold, once', async () => {
  const bytes = randomBytes(10_000)
  const names = await Promise.all([
    blobs.put(bytes),
    blobs.put(bytes),
    blobs.put(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)])),
  ])
  expect(new Set(names)).toEqual(new Set([named(bytes)]))
  expect(readFileSync(blobs.path(names[0]))).toEqual(bytes)
  expect(await blobs.size(names[0])).toBe(10_000)
  expect(readdirSync(join(folder, 'new'))).toEqual([])
})

test('what is deleted is gone; deleting it again is no mistake', async () => {
  const name = await blobs.put(Buffer.from('x'))
  expect(await blobs.has(name)).toBe(true)
  await blobs.delete(name)
  await blobs.delete(name)
  expect(await blobs.has(name)).toBe(false)
  expect(await blobs.put(Buffer.from('x'))).toBe(name)
})

test('a stream that fails leaves nothing', async () => {
  const failing = Readable.from(
    (function* parts() {
      yield Buffer.from('x')
      throw new Error('aborted')
    })(),
  )
  await expect(blobs.put(failing)).rejects.toThrow('aborted')
  expect(readdirSync(join(folder, 'new'))).toEqual([])
})

test('what a crash left half written goes', async () => {
  mkdirSync(join(folder, 'new'), { recursive: true })
  writeFileSync(join(folder, 'new', 'abc'), 'half')
  await blobs.removeUnfinished()
  expect(existsSync(join(folder, 'new'))).toBe(false)
  await blobs.put(Buffer.from('x'))
})

test('only names of blobs have a path', () => {
  for (const name of ['', '../../etc/passwd', 'A'.repeat(64), named('x').slice(1)]) {
    expect(() => blobs.path(name)).toThrow(TypeError)
  }
})
