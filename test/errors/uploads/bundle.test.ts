import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { sourceMapsConfig, type SourceMapsConfig } from '../../../errors/symbolicate/config.ts'
import { BundleRefused, readBundle, type BundleFile } from '../../../errors/uploads/bundle.ts'
import { bundle, zip } from './zip.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))
let number = 0

async function read(bytes: Uint8Array, limits: Partial<SourceMapsConfig> = {}) {
  const path = join(folder, String(number++))
  writeFileSync(path, bytes)
  const files: (BundleFile & { content: string })[] = []
  const take = async (file: BundleFile, content: Readable) => {
    const parts = (await content.toArray()) as Buffer[]
    files.push({ ...file, content: Buffer.concat(parts).toString() })
  }
  const { release, dist } = await readBundle(
    path,
    { ...sourceMapsConfig.parse({}), ...limits },
    take,
  )
  return { release, dist, files }
}

const id = '7d5ff54c-22ae-5dc6-8eff-f7adbfa7764c'

test('a bundle is its manifest and the files that it names, headers in any case', async () => {
  const bytes = bundle(
    [
      {
        name: 'app.js',
        type: 'minified_source',
        content: 'e()',
        headers: { 'Debug-Id': id, Sourcemap: 'app.js.map' },
      },
      {
        name: 'app.js.map',
        type: 'source_map',
        content: '{}',
        headers: { 'debug-id': id.toUpperCase() },
      },
    ],
    { org: 'weir', project: 'shop', release: 'shop@1', dist: '7' },
  )
  const debugId = id.replaceAll('-', '')
  expect(await read(bytes)).toEqual({
    release: 'shop@1',
    dist: '7',
    files: [
      {
        type: 'minified_source',
        url: '~/app.js',
        debugId,
        mapReference: 'app.js.map',
        size: 3,
        content: 'e()',
      },
      {
        type: 'source_map',
        url: '~/app.js.map',
        debugId,
        mapReference: undefined,
        size: 2,
        content: '{}',
      },
    ],
  })
})

test('a ZIP without the header is taken too', async () => {
  const files = { 'manifest.json': '{"files":{"a":{"type":"source","url":"~/a"}}}', a: 'x' }
  expect((await read(zip(files, Buffer.alloc(0)))).files).toHaveLength(1)
})

const plain = (content: string) => bundle([{ name: 'a.map', type: 'source_map', content }])
const cut = plain('{}').subarray(0, 60)
const damaged = () => {
  const bytes = plain('{"version":3,"mappings":"AAAA"}')
  bytes.fill(0x55, 50, 64)
  return bytes
}
test.each<[string, Uint8Array, RegExp, Partial<SourceMapsConfig>?]>([
  ['no bundle', Buffer.from('<html>'), /neither SYSB nor PK/],
  ['nothing', Buffer.alloc(0), /neither SYSB nor PK/],
  ['half of one', cut, /cannot be read/],
  ['damaged data', damaged(), /cannot be read/],
  ['no manifest', zip({ a: 'x' }), /no manifest/],
  ['a manifest that is none', zip({ 'manifest.json': '[' }), /not JSON/],
  ['a manifest without files', zip({ 'manifest.json': '{"files":[]}' }), /lists no files/],
  [
    'a manifest of files that are not there',
    zip({ 'manifest.json': '{"files":{"b":{}}}' }),
    /names b, which/,
  ],
  [
    'a name that leads out',
    zip({ '../../etc/cron.d/x': 'x', 'manifest.json': '{}' }),
    /relative path/,
  ],
  ['a name from the root', zip({ '/etc/passwd': 'x', 'manifest.json': '{}' }), /absolute path/],
  ['a bomb', plain(' '.repeat(3_000_000)), /max_file_size \(1.0 MB\)/, { max_file_size: 1e6 }],
  [
    'too much together',
    plain(' '.repeat(3_000_000)),
    /max_bundle_size \(2.0 MB\)/,
    { max_bundle_size: 2e6 },
  ],
  ['too many files', plain('{}'), /max_bundle_files \(1\)/, { max_bundle_files: 1 }],
])('is refused with a reason: %s', async (_name, bytes, reason, limits) => {
  const reading = read(bytes, limits)
  await expect(reading).rejects.toThrow(BundleRefused)
  await expect(reading).rejects.toThrow(reason)
})

test('a size that lies is refused before it fills anything', async () => {
  const bytes = plain(' '.repeat(100_000))
  // The uncompressed size, in the central directory and before the data.
  for (
    let at = bytes.indexOf(Buffer.from([0xa0, 0x86, 1, 0]));
    at >= 0;
    at = bytes.indexOf(Buffer.from([0xa0, 0x86, 1, 0]), at + 1)
  )
    bytes.writeUInt32LE(10, at)
  await expect(read(bytes)).rejects.toThrow(BundleRefused)
})

test('bytes changed anywhere are read or refused, never more', async () => {
  const good = plain('{"version":3,"mappings":"AAAA"}')
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(good)
      bytes[at] = value
      await read(bytes).catch((failure: unknown) => expect(failure).toBeInstanceOf(BundleRefused))
    }),
    { numRuns: 60 },
  )
})
