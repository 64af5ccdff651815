import { encodeTokenFilter, type Read, TokenFilter } from './token_filter.ts'

/**
 * The file beside a segment: its token filters, one a stream. A stream that is not in it has no filter: any word
 * may be in its rows. docs/formats/segments.md §5.
 */
const magic = 0x46575357 // "WSWF"
const headerBytes = 8

/** Sorted hashes of the words of each stream. */
export type WordsByStream = ReadonlyMap<string, Uint32Array>

export function encodeWords(words: WordsByStream): Buffer[] {
  const places: Record<string, readonly [number, number]> = Object.create(null) as typeof places
  const filters: Buffer[] = []
  let at = 0
  for (const [stream, hashes] of words) {
    const filter = encodeTokenFilter(hashes)
    places[stream] = [at, filter.length]
    filters.push(filter)
    at += filter.length
  }
  const directory = Buffer.from(JSON.stringify(places))
  const header = Buffer.alloc(headerBytes)
  header.writeUInt32LE(magic, 0)
  header.writeUInt32LE(directory.length, 4)
  return [header, directory, ...filters]
}

/**
 * A stream's filter; undefined when it has none.
 *
 * @throws Error when it is no such file.
 */
export function filterIn(read: Read, stream: string): TokenFilter | undefined {
  const header = read(0, headerBytes)
  if (header.readUInt32LE(0) !== magic) throw new Error('it is no file of token filters')
  const length = header.readUInt32LE(4)
  const text = read(headerBytes, length).toString()
  const places = new Map(Object.entries(JSON.parse(text) as Record<string, [number, number]>))
  const place = places.get(stream)
  if (!place) return undefined
  const base = headerBytes + length + place[0]
  return new TokenFilter((start, bytes) => read(base + start, bytes), place[1])
}
