import type { Needs } from '../ask/needs.ts'
import type { Segment } from './manifest.ts'
import { hashesOf } from './words.ts'

/** Whether a segment may hold a word. @param hash as `wordHash` gives it. */
export interface WordLookup {
  mayHave(segment: Segment, hash: number): boolean
}

/** Whether a segment may hold rows of `streams` that fit `needs`. */
export function fits(
  segment: Segment,
  streams: ReadonlySet<string>,
  needs: Needs,
  words: WordLookup,
): boolean {
  const { fromMicros, toMicros } = needs
  const timed = fromMicros !== undefined || toMicros !== undefined
  const parts = segment.parts.filter(({ stream, minMicros, maxMicros }) => {
    if (!streams.has(stream)) return false
    if (!timed) return true
    if (minMicros === null || maxMicros === null) return false
    return (
      (fromMicros === undefined || maxMicros >= fromMicros) &&
      (toMicros === undefined || minMicros <= toMicros)
    )
  })
  if (parts.length === 0) return false
  const has = (text: string) => hashesOf(text).every((hash) => words.mayHave(segment, hash))
  if (!needs.words.every((group) => group.some(has))) return false
  for (const [path, values] of needs.equals) {
    if (parts.some(({ spilled }) => spilled.includes(path))) continue
    if (!values.some(has)) return false
  }
  return true
}
