import type { JsonRecord } from '../../search.ts'
import type { SegmentStore } from './segment_store.ts'

/** What is in the store: for `weir store stats` and the status page. */
export function storeStatistics(store: SegmentStore): JsonRecord {
  const segments = [...store.manifest.segments.values()]
  const sum = (of: (segment: (typeof segments)[number]) => number) =>
    segments.reduce((total, segment) => total + of(segment), 0)
  return {
    segments: segments.length,
    merged: segments.filter(({ merged }) => merged).length,
    documents: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
    source_bytes: sum(({ sourceBytes }) => sourceBytes),
    streams: store.reading
      .streams()
      .map(({ name, documents, deleted, bytes, createdMs, shapes }) => {
        return { name, documents, deleted, bytes, created_ms: createdMs, fields: shapes.length }
      }),
    damaged: store.manifest.damaged().map(({ file, rows, reason }) => ({ file, rows, reason })),
  }
}
