import type { Rejected } from '../../core/delivery/output.ts'
import { messageOf } from '../../core/errors.ts'
import { type Chunk, eventsOf } from '../../core/journal/chunk.ts'
import { decodePoint, type MetricPoint } from '../../store/points.ts'

/** A point, and its place in the chunk. */
interface ChunkPoint {
  readonly index: number
  readonly point: MetricPoint
}

/**
 * The points of a chunk, in order.
 *
 * @param rejected gets what is no point, which only a journal that somebody wrote into could hold.
 */
export function* pointsOf(chunk: Chunk, rejected: Rejected[]): Generator<ChunkPoint> {
  for (const { index, start, end } of eventsOf(chunk)) {
    let point: MetricPoint
    try {
      point = decodePoint(chunk.bytes.toString('utf8', start, end))
    } catch (failure) {
      rejected.push({ index, reason: 'target_refused', detail: messageOf(failure), target: '' })
      continue
    }
    yield { index, point }
  }
}
