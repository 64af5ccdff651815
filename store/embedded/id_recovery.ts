import { documentsTag } from '../documents_tag.ts'
import type { Files } from '../../core/files.ts'
import type { Journal } from '../../core/journal/journal.ts'
import { SegmentReader } from '../../core/journal/segment_reader.ts'
import { identityOf } from '../api/document_line.ts'
import type { Identity, IdTable } from '../api/ids.ts'
import type { JsonRecord } from '../search.ts'
import type { EmbeddedEngine } from './engine.ts'

const pageSize = 10_000

/**
 * Learns the ids again that the table lacks after a crash or its loss: from the segments, if it was lost,
 * and from what of the journal is still there.
 *
 * @param hasDocuments whether segments hold any that came by the API.
 */
export async function recoverIds(
  ids: IdTable,
  world: { readonly files: Files; readonly journal: Journal },
  engine: EmbeddedEngine,
  hasDocuments: boolean,
): Promise<void> {
  if (!ids.needsRecovery) return
  const changes: Identity[] = []
  // A table that has settled nothing was made just now.
  if (ids.settledSeq === 0 && hasDocuments) {
    for await (const change of inSegments(engine)) changes.push(change)
  }
  for await (const change of inJournal(world)) {
    if (change.seq > ids.settledSeq) changes.push(change)
  }
  await ids.recover(changes.toSorted((a, b) => a.seq - b.seq))
}

/** Documents by what they are; a deleted one is in no segment, which is all there is to know of it. */
async function* inSegments(engine: EmbeddedEngine): AsyncGenerator<Identity> {
  let after: number | undefined
  do {
    const request: JsonRecord = {
      size: pageSize,
      _source: false,
      query: { range: { _seq_no: { gt: after ?? -1 } } },
      sort: [{ _seq_no: 'asc' }],
      track_total_hits: false,
    }
    const answer = await engine.search('*', request, {}, AbortSignal.timeout(600_000))
    const { hits } = answer['hits'] as unknown as {
      hits: { _index: string; _id: string; sort: [number] }[]
    }
    for (const { _index: index, _id: id, sort } of hits) {
      yield { index, id, seq: sort[0], op: 'index' }
    }
    after = hits.length < pageSize ? undefined : hits.at(-1)!.sort[0]
  } while (after !== undefined)
}

async function* inJournal({
  files,
  journal,
}: {
  readonly files: Files
  readonly journal: Journal
}): AsyncGenerator<Identity> {
  for (const partition of journal.partitions) {
    for (const { id, end } of partition.segments.slice()) {
      const reader = await SegmentReader.open(files, partition.folder, id)
      try {
        for (let record; (record = await reader.peek(end)); reader.pass()) {
          if (record.tag !== documentsTag || record.count === 0) continue
          const bytes = Buffer.allocUnsafe(record.bytes)
          await reader.read(bytes, record.offset)
          for (let start = 0, stop; (stop = bytes.indexOf(10, start)) >= 0; start = stop + 1) {
            const identity = identityOf(record.stream, bytes.subarray(start, stop))
            if (identity) yield identity
          }
        }
      } finally {
        await reader.close()
      }
    }
  }
}
