import type { Needs } from '../ask/needs.ts'
import type { Segment } from './segment.ts'
import { hashesOf } from './words.ts'

/** Whether a stream's rows in a segment may hold a word. @param hash as `wordHash` gives it. */
export interface WordLookup {
  mayHave(segment: Segment, stream: string, hash: number): boolean
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
  return segment.parts.some(({ stream, minMicros, maxMicros, spilled }) => {
    if (!streams.has(stream)) return false
    if (timed) {
      if (minMicros === null || maxMicros === null) return false
      if (fromMicros !== undefined && maxMicros < fromMicros) return false
      if (toMicros !== undefined && minMicros > toMicros) return false
    }
    const has = (text: string) =>
      hashesOf(text).every((hash) => words.mayHave(segment, stream, hash))
    if (!needs.words.every((group) => group.some(has))) return false
    for (const [path, values] of needs.equals) {
      if (!spilled.includes(path) && !values.some(has)) return false
    }
    return true
  })
}
