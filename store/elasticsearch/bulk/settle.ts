import type { Chunk } from '../../../core/journal/chunk.ts'
import { eventId, eventsOf } from '../../../core/journal/chunk.ts'
import { RetryableError } from '../../../core/errors.ts'
import { requestError } from './bulk_verdict.ts'
import type { Answer, Requests, Request } from '../cluster.ts'

/** Ids in one search; a server answers at most `index.max_result_window` (10,000). */
const idsPerSearch = 5_000

interface SearchAnswer {
  readonly timed_out?: boolean
  readonly _shards?: { readonly failed?: number }
  readonly hits?: { readonly hits?: readonly { readonly _id: string }[] }
}

/**
 * Finds which events of a chunk the data streams do not have yet. A request of unknown fate may have
 * been executed, and the stream may have rolled over since: then `create` would make a second document.
 * The refresh is needed: without it a search does not find what was just written, and a `GET` by id does
 * not work through a data stream (tried on 8.19).
 *
 * Open stays a request that the server executes after this looked.
 *
 * @returns places of the absent events in the chunk, ascending; or `forbidden` when the credentials may
 *   not look.
 * @throws RetryableError when the answer is not certain.
 */
export async function absentEvents(
  cluster: Requests,
  chunk: Chunk,
  deadline: AbortSignal,
): Promise<readonly number[] | 'forbidden'> {
  const streams = new Map<string, { id: string; index: number }[]>()
  for (const { stream, ordinal, index } of eventsOf(chunk)) {
    const events = streams.get(stream) ?? []
    if (events.length === 0) streams.set(stream, events)
    events.push({ id: eventId(chunk.segment, ordinal), index })
  }
  const absent: number[] = []
  for (const [stream, events] of streams) {
    const path = `/${encodeURIComponent(stream)}`
    const refresh = await cluster.request(refreshOf(path), deadline)
    if (isForbidden(refresh)) return 'forbidden'
    if (refresh.status === 404) {
      absent.push(...events.map((event) => event.index))
      continue
    }
    if (refresh.status >= 300 || parse(refresh)._shards?.failed !== 0) throw uncertain(refresh)
    for (let from = 0; from < events.length; from += idsPerSearch) {
      const batch = events.slice(from, from + idsPerSearch)
      const ids = batch.map((event) => event.id)
      const known = await knownIds(cluster, path, ids, deadline)
      if (known === 'forbidden') return 'forbidden'
      absent.push(...batch.filter(({ id }) => !known.has(id)).map(({ index }) => index))
    }
  }
  return absent.toSorted((a, b) => a - b)
}

const refreshOf = (path: string): Request => ({
  method: 'POST',
  path: `${path}/_refresh?filter_path=_shards.failed`,
})

async function knownIds(
  cluster: Requests,
  path: string,
  ids: readonly string[],
  deadline: AbortSignal,
): Promise<ReadonlySet<string> | 'forbidden'> {
  const filter = 'timed_out,_shards.failed,hits.hits._id'
  const body = JSON.stringify({
    size: ids.length,
    _source: false,
    track_total_hits: false,
    sort: ['_doc'],
    query: { ids: { values: ids } },
  })
  const answer = await cluster.request(
    {
      method: 'POST',
      path: `${path}/_search?allow_partial_search_results=false&filter_path=${filter}`,
      body,
    },
    deadline,
  )
  if (isForbidden(answer)) return 'forbidden'
  if (answer.status >= 300) throw uncertain(answer)
  const { timed_out: isPartial, _shards: shards, hits } = parse(answer)
  if (isPartial !== false || shards?.failed !== 0) throw uncertain(answer)
  return new Set((hits?.hits ?? []).map((hit) => hit._id))
}

function parse(answer: Answer): SearchAnswer {
  try {
    return JSON.parse(answer.text) as SearchAnswer
  } catch {
    throw uncertain(answer)
  }
}

const isForbidden = (answer: Answer) => answer.status === 401 || answer.status === 403

/** Nothing was sent by this attempt, but what an earlier one did is as unknown as before. */
function uncertain(answer: Answer): Error {
  const cause = requestError(answer)
  const text = `cannot see which events ${answer.host} has already: ${cause.message}`
  return new RetryableError('WEIR_OUTPUT_UNAVAILABLE', text, { fateUnknown: true, cause })
}
