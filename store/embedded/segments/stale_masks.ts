import type { DuckDBConnection } from '@duckdb/node-api'
import type { Mask } from './documents_line.ts'
import { segmentsFolder } from './layout.ts'
import { maskedRows } from './masked_rows.ts'
import type { SegmentStore } from './segment_store.ts'

/**
 * Masks of documents in `streams` that are in no segment, because retention took them before they were replaced or
 * deleted: nothing takes these away, and they count as deleted documents. None of a stream of which segments are set
 * aside, which may come back.
 */
export async function staleMasks(
  { manifest, world }: SegmentStore,
  connection: DuckDBConnection,
  streams: Iterable<string>,
): Promise<Mask[]> {
  const aside = new Set([...manifest.aside.values()].flatMap(({ parts }) => parts.map(nameOf)))
  const stale: Mask[] = []
  for (const stream of streams) {
    if (aside.has(stream)) continue
    const through = manifest.takenThrough(stream)
    const masks = manifest.masks([stream]).filter(({ seq }) => seq <= through)
    const files = [...manifest.segments.values()]
      .filter(({ parts }) => parts.some((part) => part.stream === stream && part.maxSeq !== null))
      .map(({ file }) => `${segmentsFolder(world.folder)}/${file}`)
    const there = files.length > 0 ? await maskedRows(connection, files, masks) : []
    const seqs = new Set(there.map(({ seq }) => seq))
    stale.push(...masks.filter(({ seq }) => !seqs.has(seq)))
  }
  return stale
}

const nameOf = ({ stream }: { readonly stream: string }) => stream
