import { eventsOf, type Chunk, type ChunkPart } from '../../../core/journal/chunk.ts'

/** Where events go: which data stream or index an event belongs to, and what a template must match. */
export interface Indices {
  /** Data streams roll over by themselves, so an id may be in an older backing index than the one written. */
  readonly dataStreams: boolean
  /** True when the name depends on the event's time. */
  readonly dated: boolean
  /**
   * The data stream or index of the event whose line is at `start` of `bytes`. Only characters that
   * may stand in a JSON string and that Elasticsearch takes in a name.
   */
  nameOf(part: Pick<ChunkPart, 'stream' | 'tag'>, bytes: Buffer, start: number): string
  /** What an index template must match for the part's events: the stream, or all dates and tags. */
  patternOf(part: Pick<ChunkPart, 'stream'>): string
}

/** Bytes of `{"@timestamp":"`, with which every line begins; the date follows. */
const dateAt = 15
/** Bytes of `YYYY-MM-DDTHH`: all of the time that a name can depend on. */
const dateLength = 13

/** Where the parts of a name pattern are in `YYYY-MM-DDTHH`. */
const dateParts: Record<string, readonly [from: number, to: number]> = {
  '%Y': [0, 4],
  '%m': [5, 7],
  '%d': [8, 10],
  '%H': [11, 13],
}
const placeholders = /%[YmdH]|\{tag\}|\{stream\}/g

/** The name of `dated` indices when the config says no other. */
const defaultPattern = 'weir-{tag}-%Y.%m.%d'

/**
 * @param config `data_stream`, `dated`, or a name in which `%Y`, `%m`, `%d`, `%H` stand for the event's
 *   time (UTC) and `{tag}`, `{stream}` for where it belongs.
 */
export function indicesOf(config: string): Indices {
  if (config === 'data_stream') {
    return {
      dataStreams: true,
      dated: false,
      nameOf: (part) => part.stream,
      patternOf: (part) => part.stream,
    }
  }
  const pattern = config === 'dated' ? defaultPattern : config
  return {
    dataStreams: false,
    dated: /%[YmdH]/.test(pattern),
    nameOf: (part, bytes, start) => fill(pattern, part, timeOf(bytes, start)),
    // Not one for each tag: `weir-a-*` and `weir-a-b-*` overlap, which templates must not.
    patternOf: () => pattern.replaceAll(placeholders, '*').replaceAll(/\*[*._-]*\*/g, '*'),
  }
}

/** `YYYY-MM-DDTHH` of an event's line. */
function timeOf(bytes: Buffer, start: number): string {
  return bytes.toString('latin1', start + dateAt, start + dateAt + dateLength)
}

/** True when the time of the line at `start` is other than that of the line at `before`, to the hour. */
export function timeDiffers(bytes: Buffer, before: number, start: number): boolean {
  for (let i = dateAt; i < dateAt + dateLength; i++) {
    if (bytes[before + i] !== bytes[start + i]) return true
  }
  return false
}

function fill(pattern: string, part: Pick<ChunkPart, 'stream' | 'tag'>, time: string) {
  return pattern.replaceAll(placeholders, (placeholder) => {
    if (placeholder === '{tag}') return safe(part.tag)
    if (placeholder === '{stream}') return safe(part.stream)
    const [from, to] = dateParts[placeholder]!
    return time.slice(from, to)
  })
}

/** A tag as part of an index name; long ones are cut, since a name may have 255 bytes. */
function safe(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '_')
    .slice(0, 200)
}

/** What is wrong with an `indices` setting, or undefined. */
export function problemOf(config: string): string | undefined {
  const plain = config.replaceAll(placeholders, '')
  const wrong = /[^a-z0-9._-]/.exec(plain)?.[0]
  if (wrong === '%') return `"${config}": only %Y, %m, %d and %H can stand in a name`
  if (wrong === '{') return `"${config}": only {tag} and {stream} can stand in a name`
  if (wrong !== undefined) {
    return `"${config}": "${wrong}" cannot stand in an index name; use a-z, 0-9, ".", "_" and "-"`
  }
  if (!/^[a-z0-9]/.test(config)) return `"${config}": begin the name with a letter or a digit`
  if (plain.length > 100) return `"${config}": an index name has at most 100 characters of its own`
  return undefined
}

/** The data stream or index of each event of the chunk. */
export function namesOf(indices: Indices, chunk: Chunk): string[] {
  return Array.from(eventsOf(chunk), (event) => indices.nameOf(event, chunk.bytes, event.start))
}
