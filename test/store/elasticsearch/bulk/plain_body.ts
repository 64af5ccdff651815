import { eventId, eventsOf, type Chunk } from '../../../../core/journal/chunk.ts'
import { indicesOf } from '../../../../store/elasticsearch/bulk/indices.ts'

/** A bulk body the slow way, with strings and JSON. */
export function plainBody(chunk: Chunk, indices: string, named: boolean): string {
  let text = ''
  const { nameOf } = indicesOf(indices)
  for (const event of eventsOf(chunk)) {
    const index = nameOf(event, chunk.bytes, event.start)
    const action = { ...(named && { _index: index }), _id: eventId(chunk.segment, event.ordinal) }
    const line = chunk.bytes.toString('utf8', event.start, event.end)
    text += `${JSON.stringify({ create: action })}\n${line}\n`
  }
  return text
}
