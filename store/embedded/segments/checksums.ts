import { crc32 } from 'node:zlib'
import type { Files } from '../../../core/files.ts'
import { wordsFile } from './layout.ts'

/** CRC-32 of the whole files of a segment, as they were when they were written. */
export interface Checksums {
  readonly file: number
  /** Undefined: it has no token filters. */
  readonly words: number | undefined
}

const readBytes = 1_000_000

/**
 * Of a segment that was just written: it is read back, from the memory of the system, because what is merged is
 * written by DuckDB.
 *
 * @param path of its Parquet file.
 */
export async function checksumsOf(
  files: Files,
  path: string,
  hasWords: boolean,
): Promise<Checksums> {
  const file = await checksumOf(files, path)
  return { file, words: hasWords ? await checksumOf(files, wordsFile(path)) : undefined }
}

/** A filter that is missing costs only time. @param path of the Parquet file. */
export async function areWordsSound(
  files: Files,
  path: string,
  { words }: Checksums,
): Promise<boolean> {
  const own = wordsFile(path)
  if (words === undefined || (await files.size(own)) === undefined) return true
  return (await checksumOf(files, own)) === words
}

/** CRC-32 of a whole file, which is there. */
export async function checksumOf(files: Files, path: string): Promise<number> {
  const handle = await files.open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(Math.min(readBytes, (await handle.size()) + 1))
    let sum = 0
    for (let at = 0, read; (read = await handle.read(buffer, at)) > 0; at += read) {
      sum = crc32(buffer.subarray(0, read), sum)
    }
    return sum
  } finally {
    await handle.close()
  }
}
