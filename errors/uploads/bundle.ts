import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { messageOf } from '../../core/errors.ts'
import { formatSize } from '../../core/size_text.ts'
import { debugIdOf } from '../symbolicate/places.ts'
import type { SourceMapsConfig } from '../symbolicate/config.ts'
import { UploadRefusal } from './upload_refusal.ts'

/** A file of a bundle, as its manifest describes it. */
export interface BundleFile {
  /** `source_map`, `minified_source`, `source`, … */
  readonly type: string
  readonly url: string
  /** 32 hex, or empty. */
  readonly debugId: string
  readonly mapReference: string | undefined
  readonly size: number
}

export interface BundleManifest {
  readonly release: string
  readonly dist: string
}

/** A bundle that cannot be used; the text says why, for who uploaded it. */
export class BundleRefused extends Error {}

const magic = 'SYSB'
const manifestName = 'manifest.json'
const manifestMax = 32_000_000

/**
 * Reads an artifact bundle: `SYSB`, a version, and a ZIP whose places count from the start of the file; its
 * manifest.json says what the files are. Files are handed over one at a time, each with a stream that has to be read
 * to its end.
 *
 * @throws BundleRefused for what is none, for what exceeds a limit, for names that lead out of it.
 */
export async function readBundle(
  path: string,
  limits: SourceMapsConfig,
  take: (file: BundleFile, content: Readable) => Promise<void>,
): Promise<BundleManifest> {
  await checkMagic(path)
  const zip = await openZip(path)
  try {
    const entries = await entriesOf(zip, limits)
    const entry = entries.get(manifestName)
    if (!entry) throw new BundleRefused('the bundle has no manifest.json')
    if (entry.uncompressedSize > manifestMax)
      throw new BundleRefused('its manifest.json is too large')
    const manifest = manifestOf(await textOf(zip, entry))
    for (const [name, described] of Object.entries(manifest.files)) {
      const found = entries.get(name)
      if (!found) throw new BundleRefused(`its manifest names ${name}, which it does not hold`)
      const file = fileOf(name, described, found.uncompressedSize)
      await take(file, await zip.openReadStreamPromise(found))
    }
    return manifest
  } catch (failure) {
    if (failure instanceof BundleRefused || failure instanceof UploadRefusal) throw failure
    // Whatever yauzl and zlib find wrong with a ZIP; a full disk is told as it is.
    const { code } = failure as NodeJS.ErrnoException
    if (code !== undefined && /^E[A-Z]/.test(code)) throw failure
    throw new BundleRefused(`the bundle cannot be read: ${messageOf(failure)}`)
  } finally {
    zip.close()
  }
}

async function checkMagic(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    const start = buffer.toString('latin1', 0, bytesRead)
    // Old uploaders send the ZIP as it is.
    if (start === magic || start.startsWith('PK')) return
    throw new BundleRefused('the upload is no artifact bundle: it begins with neither SYSB nor PK')
  } finally {
    await file.close()
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, {
      lazyEntries: true,
      autoClose: false,
      validateEntrySizes: true,
    })
  } catch (failure) {
    throw new BundleRefused(`the bundle cannot be read: ${messageOf(failure)}`)
  }
}

/** yauzl itself refuses names with `..` or a root. */
async function entriesOf(zip: ZipFile, limits: SourceMapsConfig): Promise<Map<string, Entry>> {
  const { max_bundle_files, max_bundle_size, max_file_size } = limits
  const entries = new Map<string, Entry>()
  let bytes = 0
  for await (const entry of zip.eachEntry()) {
    if (entries.size >= max_bundle_files) {
      const limit = `errors.source_maps.max_bundle_files (${max_bundle_files})`
      throw new BundleRefused(`the bundle has more files than ${limit}`)
    }
    bytes += entry.uncompressedSize
    if (bytes > max_bundle_size) {
      const limit = `errors.source_maps.max_bundle_size (${formatSize(max_bundle_size)})`
      throw new BundleRefused(`the files of the bundle are larger than ${limit}`)
    }
    if (entry.uncompressedSize > max_file_size) {
      const limit = `errors.source_maps.max_file_size (${formatSize(max_file_size)})`
      throw new BundleRefused(`${entry.fileName} is larger than ${limit}`)
    }
    entries.set(entry.fileName, entry)
  }
  return entries
}

async function textOf(zip: ZipFile, entry: Entry): Promise<string> {
  const parts: Buffer[] = []
  const stream = await zip.openReadStreamPromise(entry)
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

interface Manifest extends BundleManifest {
  readonly files: Readonly<Record<string, unknown>>
}

function manifestOf(text: string): Manifest {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new BundleRefused('its manifest.json is not JSON')
  }
  const manifest = recordOf(json)
  const files = manifest && recordOf(manifest['files'])
  if (!files) throw new BundleRefused('its manifest.json lists no files')
  return { files, release: textAt(manifest, 'release'), dist: textAt(manifest, 'dist') }
}

function fileOf(name: string, described: unknown, size: number): BundleFile {
  const file = recordOf(described)
  if (!file) throw new BundleRefused(`its manifest says nothing of ${name}`)
  const headers = new Map<string, string>()
  for (const [key, value] of Object.entries(recordOf(file['headers']) ?? {})) {
    if (typeof value === 'string') headers.set(key.toLowerCase(), value)
  }
  return {
    type: textAt(file, 'type').slice(0, 64),
    url: textAt(file, 'url').slice(0, 4_096),
    debugId: debugIdOf(headers.get('debug-id')),
    mapReference: referenceOf(headers.get('sourcemap') ?? headers.get('x-sourcemap')),
    size,
  }
}

/** Only of a map outside of the script: one inside is found there. */
function referenceOf(text: string | undefined): string | undefined {
  return text === undefined || text.startsWith('data:') ? undefined : text.slice(0, 4_096)
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isRecord ? (value as Record<string, unknown>) : undefined
}

function textAt(record: Readonly<Record<string, unknown>>, key: string): string {
  const value = record[key]
  return typeof value === 'string' ? value : ''
}
