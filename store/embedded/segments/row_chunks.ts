import { documentsTag } from '../../documents_tag.ts'
import type { Chunk, ChunkPart } from '../../../core/journal/chunk.ts'

/** A row of a segment. */
export interface ReadRow {
  readonly stream: string
  readonly journal: string
  readonly ordinal: number
  /** Null for an event. */
  readonly id: string | null
  readonly seq: number | null
  /** Microseconds since the epoch; null when it has none. */
  readonly micros: bigint | null
  readonly source: string
}

/** Of what is no document: which of the tags it was, no segment says, and nothing of a row depends on it. */
const eventsTag = 'taken back'

/** Rows as the journal had them, one chunk for each run of rows of one of its segments. */
export function chunksOf(rows: readonly ReadRow[]): Chunk[] {
  const chunks: Chunk[] = []
  for (let from = 0, to; from < rows.length; from = to) {
    const { journal } = rows[from]!
    to = from + 1
    while (to < rows.length && rows[to]!.journal === journal) to += 1
    chunks.push(chunkOf(journal, rows.slice(from, to)))
  }
  return chunks
}

function chunkOf(segment: string, rows: readonly ReadRow[]): Chunk {
  const lines: Buffer[] = []
  const parts: ChunkPart[] = []
  let start = 0
  for (const row of rows) {
    const line = Buffer.from(lineOf(row))
    const tag = row.id === null ? eventsTag : documentsTag
    const end = start + line.length
    const last = parts.at(-1)
    const isNext = last && last.ordinal + last.count === row.ordinal
    if (isNext && last.stream === row.stream && last.tag === tag)
      parts[parts.length - 1] = { ...last, count: last.count + 1, end }
    else parts.push({ stream: row.stream, tag, ordinal: row.ordinal, count: 1, start, end })
    lines.push(line)
    start = end
  }
  return { segment, parts, bytes: Buffer.concat(lines), count: rows.length }
}

/** An event is its line; around a document stands what docs/formats/segments.md §7 says. */
function lineOf({ id, seq, micros, source }: ReadRow): string {
  if (id === null) return `${source}\n`
  const head = JSON.stringify({ id, seq, op: 'index', ...(micros === null && { no_time: true }) })
  return `{"@timestamp":"${timeText(micros ?? 0n)}","@es":${head},"source":${source}}\n`
}

function timeText(micros: bigint): string {
  const within = ((micros % 1_000n) + 1_000n) % 1_000n
  const text = new Date(Number((micros - within) / 1_000n)).toISOString()
  return `${text.slice(0, -1)}${String(within).padStart(3, '0')}Z`
}
