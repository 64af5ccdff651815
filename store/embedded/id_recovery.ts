import { documentsTag } from '../documents_tag.ts'
import type { Files } from '../../core/files.ts'
import type { Journal } from '../../core/journal/journal.ts'
import { batchesOf, DamagedSegment, SegmentReader } from '../../core/journal/segment_reader.ts'
import { identityOf } from '../api/document_line.ts'
import type { Identity, IdTable } from '../api/ids.ts'
import { isOwnId } from '../api/intake.ts'
import type { JsonRecord } from '../search.ts'
import type { EmbeddedEngine } from './engine.ts'

const pageSize = 10_000

interface Surroundings {
  readonly files: Files
  readonly journal: Pick<Journal, 'partitions'>
  readonly engine: Pick<EmbeddedEngine, 'search'>
  /** Streams that have documents with a number in segments. */
  readonly documentStreams: readonly string[]
}

/**
 * Learns the ids again that the table lacks after a crash or its loss: from the segments, if it was lost,
 * and from what of the journal is still there.
 */
export async function recoverIds(ids: IdTable, world: Surroundings): Promise<void> {
  if (ids.needsRecovery) await ids.recover(missingIn(ids, world))
}

async function* missingIn(
  { isLost, settledSeq }: IdTable,
  { files, journal, engine, documentStreams }: Surroundings,
): AsyncGenerator<Identity> {
  if (isLost) for (const stream of documentStreams) yield* inSegments(engine, stream)
  const changes: Identity[] = []
  for await (const change of inJournal(files, journal)) {
    if (isLost || change.seq > settledSeq) changes.push(change)
  }
  yield* changes.toSorted((a, b) => a.seq - b.seq)
}

/** Documents by what they are; a deleted one is in no segment, which is all there is to know of it. */
async function* inSegments(
  engine: Surroundings['engine'],
  stream: string,
): AsyncGenerator<Identity> {
  let after: number | undefined
  do {
    const request: JsonRecord = {
      size: pageSize,
      _source: false,
      query: { range: { _seq_no: { gt: after ?? -1 } } },
      sort: [{ _seq_no: 'asc' }],
      track_total_hits: false,
    }
    const answer = await engine.search(stream, request, {}, AbortSignal.timeout(600_000))
    const { hits } = answer['hits'] as unknown as {
      hits: { _index: string; _id: string; sort: [number] }[]
    }
    for (const { _index: index, _id: id, sort } of hits) {
      // Nobody reserves what Weir itself has made.
      if (!isOwnId(id)) yield { index, id, seq: sort[0], op: 'index' }
    }
    after = hits.length < pageSize ? undefined : hits.at(-1)!.sort[0]
  } while (after !== undefined)
}

async function* inJournal(
  files: Files,
  journal: Surroundings['journal'],
): AsyncGenerator<Identity> {
  for (const partition of journal.partitions) {
    for (const { id, end } of partition.segments.slice()) {
      const reader = await SegmentReader.open(files, partition.folder, id)
      try {
        for await (const record of batchesOf(reader, end)) {
          // Its readers say what of the journal is damaged.
          if (record instanceof DamagedSegment) continue
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
