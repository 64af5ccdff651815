import { isBefore, type Place, type Places } from '../../core/journal/cursor.ts'

/** How far all of several readers are: what none of them needs any more lies before it. */
export function slowerCursor(cursors: readonly Places[]): Places {
  const [first = {}, ...others] = cursors
  const slower: Record<string, Place> = {}
  for (const [partition, place] of Object.entries(first)) {
    const places = others.map((cursor) => cursor[partition])
    if (places.includes(undefined)) continue
    slower[partition] = places.reduce<Place>((a, b) => (isBefore(b!, a) ? b! : a), place)
  }
  return slower
}
