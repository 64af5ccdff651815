import type { Files } from '../files.ts'
import { decodeLines } from './index_record.ts'
import { eventsPath, indexPath, segmentsAmong } from './layout.ts'

/** What is left of a segment that lost one of its files after events were acknowledged. */
export interface HalfSegment {
  /** The file that is left. */
  readonly path: string
  /** The file that is missing. */
  readonly missing: string
  readonly events: number
}

/** What lies in a partition's folder, oldest first. */
export interface SegmentFiles {
  readonly whole: readonly { readonly id: string; bytes: number; indexBytes: number }[]
  readonly half: readonly HalfSegment[]
  /** What a crash amid the making or deleting of a segment leaves: it holds nothing that anyone needs. */
  readonly remains: string[]
}

/**
 * Tells the segments of a partition from what is left of some. Both files of a segment are on disk before
 * its first event, and the events go first and durably when it is deleted: so events without an index have
 * lost it, and an index without events did too, unless no whole segment is older.
 */
export async function findSegmentFiles(files: Files, folder: string): Promise<SegmentFiles> {
  const whole: { id: string; bytes: number; indexBytes: number }[] = []
  const half: HalfSegment[] = []
  const remains: string[] = []
  for (const id of segmentsAmong(await files.list(folder))) {
    const [path, index] = [eventsPath(folder, id), indexPath(folder, id)]
    const indexBytes = await files.size(index)
    // Second: of a segment that is being deleted meanwhile it goes first.
    const bytes = await files.size(path)
    if (bytes !== undefined && indexBytes !== undefined) whole.push({ id, bytes, indexBytes })
    else if (bytes) half.push({ path, missing: index, events: await countLines(files, path) })
    else if (indexBytes && whole.length > 0) {
      const events = await countIndexed(files, index, indexBytes)
      if (events > 0) half.push({ path: index, missing: path, events })
      else remains.push(id)
    } else remains.push(id)
  }
  return { whole, half, remains }
}

/** Events in an NDJSON file, from an offset on. */
export async function countLines(files: Files, path: string, from = 0): Promise<number> {
  const file = await files.open(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(2 ** 20)
    let count = 0
    for (let position = from; ;) {
      const got = await file.read(bytes, position)
      for (let at = bytes.indexOf(10); at >= 0 && at < got; at = bytes.indexOf(10, at + 1)) {
        count += 1
      }
      if (got < bytes.length) return count
      position += got
    }
  } finally {
    await file.close()
  }
}

async function countIndexed(files: Files, path: string, size: number): Promise<number> {
  const file = await files.open(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(size)
    let count = 0
    for (const { record } of decodeLines(bytes.subarray(0, await file.read(bytes, 0)))) {
      if (record?.kind === 'batch') count += record.count
    }
    return count
  } finally {
    await file.close()
  }
}
