import type { Segment } from './segment.ts'
import type { TokenFilter } from './token_filter.ts'
import { unitedHashes } from './token_filter.ts'
import type { WordFilters } from './word_filters.ts'
import type { WordsByStream } from './words_file.ts'

export interface UnitedWordsWorld {
  /** Resolves when there may be worked beside questions. */
  readonly quiet: () => Promise<void>
  readonly wordsMax: number
}

/** Of a filter that cannot be read: whoever looks a word up in it hears why. */
const noHashes = () => undefined

/** Of each stream the words of all inputs; streams of which an input has no filter, or too many words, have none. */
export async function unitedWords(
  words: WordFilters,
  inputs: readonly Segment[],
  { quiet, wordsMax }: UnitedWordsWorld,
): Promise<WordsByStream> {
  const united = new Map<string, Uint32Array>()
  for (const stream of new Set(inputs.flatMap(({ parts }) => parts.map((part) => part.stream)))) {
    const own = inputs.filter(({ parts }) => parts.some((part) => part.stream === stream))
    const filters: TokenFilter[] = []
    for (const segment of own) {
      const filter = words.filter(segment, stream)
      if (filter) filters.push(filter)
    }
    if (filters.length < own.length) continue
    const hashes = await unitedHashes(filters, quiet).catch(noHashes)
    if (hashes && hashes.length <= wordsMax) united.set(stream, hashes)
  }
  return united
}
