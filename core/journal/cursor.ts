import type { Files } from '../files.ts'
import { cursorPath } from './layout.ts'

/** A place in a partition: the event with this ordinal, or the end when there is none yet. */
export interface Place {
  readonly segment: string
  readonly ordinal: number
}

/** What a reader's file holds; docs/formats/journal.md §6. Both by partition. */
export interface Cursor {
  readonly cursor: Readonly<Record<string, Place>>
  readonly sent: Readonly<Record<string, Place>>
}

/** Undefined for a reader that has no cursor yet, or one whose file cannot be understood. */
export async function loadCursor(
  files: Files,
  dataFolder: string,
  reader: string,
): Promise<Cursor | undefined> {
  const text = await files.readText(cursorPath(dataFolder, reader))
  if (text === undefined) return undefined
  try {
    const { version, cursor, sent } = JSON.parse(text) as Cursor & { version: number }
    return version === 1 && cursor && sent ? { cursor, sent } : undefined
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
