import { GzipContent, plainContent, type Content } from './content.ts'
import type { TailFile, TailFiles } from './files.ts'
import { fits, headBytes, markBytes, printOf } from './fingerprint.ts'
import type { Candidate } from './siblings.ts'
import type { Source } from './source.ts'

export const isGzip = (path: string) => path.endsWith('.gz')

export function openContent(files: TailFiles, path: string): Content {
  return contentOf(files.open(path), path)
}

/** Undefined when another file has the name by now: compared with itself, it would be its own copy. */
function openAs(files: TailFiles, path: string, id: string): Content | undefined {
  const file = files.open(path)
  if (file.stat().id === id) return contentOf(file, path)
  file.close()
  return undefined
}

function contentOf(file: TailFile, path: string): Content {
  return isGzip(path) ? new GzipContent(file) : plainContent(file)
}

/** Reads up to `length` bytes at `position`. */
async function bytesAt(content: Content, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, await content.read(bytes, position))
}

/**
 * Whether a file holds what a source held up to its offset.
 * - rest: it does, and may go on after the offset
 * - short: it begins the same and ends before the offset, so there is nothing more in it
 * - no: it is something else, or cannot be read
 */
export async function continues(
  files: TailFiles,
  candidate: Candidate,
  source: Source,
): Promise<'rest' | 'short' | 'no'> {
  const { head, mark, offset } = source.progress
  if (offset === 0 || candidate.seen.size === 0) return 'no'
  let content: Content | undefined
  try {
    content = openContent(files, candidate.path)
    const start = await bytesAt(content, 0, head.bytes)
    if (start.length < head.bytes) {
      const known = source.headBytes?.subarray(0, start.length)
      return start.length > 0 && known?.equals(start) ? 'short' : 'no'
    }
    if (!fits(head, start)) return 'no'
    const before = await bytesAt(content, offset - mark.bytes, mark.bytes)
    if (before.length < mark.bytes) return 'short'
    return fits(mark, before) ? 'rest' : 'no'
  } catch {
    return 'no'
  } finally {
    content?.close()
  }
}

/** Whether a file is that of a source which was read to its end; of a long one only the head is compared. */
export async function holdsAll(
  files: TailFiles,
  candidate: Candidate,
  source: Source,
): Promise<boolean> {
  const { head } = source.progress
  let content: Content | undefined
  try {
    content = openContent(files, candidate.path)
    const start = await bytesAt(content, 0, Math.min(headBytes, head.bytes + 1))
    return head.bytes > 0 && fits(head, start)
  } catch {
    return false
  } finally {
    content?.close()
  }
}

/** Whether the file `candidate` is, as far as it goes, the beginning of the file that a source reads. */
export async function isBeginningOf(
  files: TailFiles,
  candidate: Candidate,
  source: Source,
): Promise<boolean> {
  let copy: Content | undefined
  let original: Content | undefined
  try {
    copy = openContent(files, candidate.path)
    if (source.file) original = { ...plainContent(source.file), close: () => undefined }
    else if (source.at !== undefined) original = openAs(files, source.at, source.id)
    if (!original) return false
    const start = await bytesAt(copy, 0, headBytes)
    if (start.length === 0) return false
    if (!start.equals(await bytesAt(original, 0, start.length))) return false
    const size = isGzip(candidate.path) ? await endOf(copy) : candidate.seen.size
    const from = Math.max(0, size - markBytes)
    const end = await bytesAt(copy, from, size - from)
    return end.equals(await bytesAt(original, from, end.length)) && end.length > 0
  } catch {
    return false
  } finally {
    copy?.close()
    original?.close()
  }
}

/** The inflated size: there is no other way than to inflate it. */
async function endOf(content: Content): Promise<number> {
  const block = Buffer.allocUnsafe(65_536)
  for (let size = 0; ;) {
    const got = await content.read(block, size)
    size += got
    if (got < block.length) return size
  }
}

/** Sets a source to what a file holds up to `offset`; for beginning at its end, or in a shorter copy. */
export async function setOffset(
  files: TailFiles,
  source: Source,
  path: string,
  offset: number,
): Promise<void> {
  const content = openContent(files, path)
  try {
    const head = printOf(await bytesAt(content, 0, Math.min(headBytes, offset)))
    const from = Math.max(0, offset - markBytes)
    const mark = printOf(await bytesAt(content, from, offset - from))
    source.progress = { offset, head, mark, cut: false }
    source.durable = source.progress
  } finally {
    content.close()
  }
}
