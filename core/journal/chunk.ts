/** A run of events of one stream and tag in a chunk. */
export interface ChunkPart {
  readonly stream: string
  readonly tag: string
  /** Ordinal of its first event in the segment. */
  readonly ordinal: number
  readonly count: number
  /** Where its bytes are in `Chunk.bytes`. */
  readonly start: number
  readonly end: number
}

/** Events read from one segment, in journal order, only those that the reader wants. */
export interface Chunk {
  /** ULID of the segment; with an event's ordinal it makes the event's id, see `eventId`. */
  readonly segment: string
  readonly parts: readonly ChunkPart[]
  readonly bytes: Buffer
  /** Events in all parts. */
  readonly count: number
}

/** An event's id, never used twice: segment ULID, `-`, ordinal in base 10. Elasticsearch's `_id`. */
export function eventId(segment: string, ordinal: number): string {
  return `${segment}-${ordinal}`
}

/** One event of a chunk. */
export interface ChunkEvent {
  readonly index: number
  readonly ordinal: number
  readonly stream: string
  readonly tag: string
  /** Bytes in `Chunk.bytes`, the line end excluded. */
  readonly start: number
  readonly end: number
}

/** Walks the events of a chunk in order. */
export function* eventsOf(chunk: Chunk): Generator<ChunkEvent> {
  let index = 0
  for (const part of chunk.parts) {
    let start = part.start
    for (let i = 0; i < part.count; i++) {
      const end = chunk.bytes.indexOf(10, start)
      yield {
        index: index++,
        ordinal: part.ordinal + i,
        stream: part.stream,
        tag: part.tag,
        start,
        end,
      }
      start = end + 1
    }
  }
}

/** The chunk with only the events at `indexes` (ascending). The bytes are shared, not copied. */
export function subsetOf(chunk: Chunk, indexes: readonly number[]): Chunk {
  const parts: ChunkPart[] = []
  let next = 0
  for (const event of eventsOf(chunk)) {
    if (event.index !== indexes[next]) continue
    next += 1
    const last = parts.at(-1)
    const adjoins = last && last.end === event.start && last.ordinal + last.count === event.ordinal
    if (adjoins && last.stream === event.stream && last.tag === event.tag) {
      parts[parts.length - 1] = { ...last, count: last.count + 1, end: event.end + 1 }
      continue
    }
    const { stream, tag, ordinal, start } = event
    parts.push({ stream, tag, ordinal, count: 1, start, end: event.end + 1 })
  }
  return { segment: chunk.segment, parts, bytes: chunk.bytes, count: indexes.length }
}
