import type { Journal } from '../core/journal/journal.ts'

/** How far each of the journal's readers is behind, over all partitions. */
export function readerLags(journal: Journal) {
  return journal.readers().map(({ id, open, cursor }) => {
    const lag = { bytes: 0, events: 0, seconds: 0 }
    for (const partition of journal.partitions) {
      const { bytes, events } = partition.lag(cursor[partition.name])
      lag.bytes += bytes
      lag.events += events
    }
    const seconds = journal.openReader(id)?.lag().seconds ?? 0
    return { id, open, lag_bytes: lag.bytes, lag_events: lag.events, lag_seconds: seconds }
  })
}
