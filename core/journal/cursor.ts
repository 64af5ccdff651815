import { WeirError } from '../errors.ts'
import type { Files } from '../files.ts'
import { cursorPath } from './layout.ts'

/** A place in a partition: the event with this ordinal, or the end when there is none yet. */
export interface Place {
  readonly segment: string
  readonly ordinal: number
}

/** By partition. */
export type Places = Readonly<Record<string, Place>>

/** What a reader's file holds; docs/formats/journal.md §6. */
export interface Cursor {
  readonly cursor: Places
  readonly sent: Places
}

/**
 * Undefined for a reader that has no cursor yet, `damaged` when its file cannot be understood.
 *
 * @throws WeirError WEIR_JOURNAL_VERSION when a newer Weir wrote it.
 */
export async function loadCursor(
  files: Files,
  dataFolder: string,
  reader: string,
): Promise<Cursor | 'damaged' | undefined> {
  const path = cursorPath(dataFolder, reader)
  const text = await files.readText(path)
  if (text === undefined) return undefined
  const saved = parse(text)
  if (!saved?.cursor || !saved.sent || typeof saved.version !== 'number') return 'damaged'
  if (saved.version > 1) {
    const message = `${path} has version ${saved.version}; this Weir reads up to 1: start the newer one`
    throw new WeirError('WEIR_JOURNAL_VERSION', message)
  }
  return { cursor: saved.cursor, sent: saved.sent }
}

function parse(text: string): Partial<Cursor & { version: number }> | undefined {
  try {
    return JSON.parse(text) as Partial<Cursor & { version: number }>
  } catch {
    return undefined
  }
}

export async function saveCursor(
  files: Files,
  dataFolder: string,
  reader: string,
  { cursor, sent }: Cursor,
): Promise<void> {
  const text = JSON.stringify({ version: 1, cursor, sent })
  await files.replace(cursorPath(dataFolder, reader), `${text}\n`)
}

/** Whether `a` is before `b`; ULIDs sort as text. */
export function isBefore(a: Place, b: Place): boolean {
  return a.segment < b.segment || (a.segment === b.segment && a.ordinal < b.ordinal)
}
