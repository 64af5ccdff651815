import { messageOf } from '../core/errors.ts'
import { locate } from '../test/peers/catalogue.ts'
import { type SearchServer, startSearchServer } from '../test/peers/search_server.ts'
import type { JsonRecord } from '../store/search.ts'
import { usageOf } from './process.ts'
import { eventsAt } from './store_events.ts'
import type { BenchQuestion } from './store_questions.ts'

/** What the same events and questions take on a real server. */
export interface PeerFigures {
  readonly title: string
  readonly eventsPerSecond: number
  readonly bytesPerEvent: number
  readonly rssMB: number
  /** Milliseconds by question: the median of five, with its caches of answers off. */
  readonly ms: ReadonlyMap<string, number>
}

const server = 'opensearch-3'
const index = 'bench'
const bulkEvents = 10_000
const bulksAtOnce = 2

/** OpenSearch with one shard, its defaults else, and Weir's types; undefined where it is not installed. */
export async function askedOfPeer(
  events: number,
  questions: readonly BenchQuestion[],
): Promise<PeerFigures | undefined> {
  const found = locate(server)
  if (found.missing !== undefined) return undefined
  const place = { path: found.path, java: found.java ?? '' }
  const peer = await startSearchServer(server, place, { heap: '1g' }).catch((failure: unknown) => {
    console.log(`left out: ${messageOf(failure).split(':')[0]!}`)
    return undefined
  })
  if (!peer) return undefined
  try {
    const seconds = await fed(peer, events)
    const ms = new Map<string, number>()
    for (const question of questions) ms.set(question.name, await timed(peer, question))
    const { _all: all } = await peer.ask<{
      _all: { primaries: { store: { size_in_bytes: number } } }
    }>('GET', `/${index}/_stats/store`)
    const { nodes } = await peer.ask<{ nodes: Record<string, { process: { id: number } }> }>(
      'GET',
      '/_nodes/process',
    )
    const [node] = Object.values(nodes)
    return {
      title: 'OpenSearch 3.6',
      eventsPerSecond: events / seconds,
      bytesPerEvent: all.primaries.store.size_in_bytes / events,
      rssMB: usageOf(node!.process.id).rssMB,
      ms,
    }
  } finally {
    await peer.stop()
  }
}

/** @returns the seconds until all can be found. */
async function fed(peer: SearchServer, events: number): Promise<number> {
  const keyword = { match_mapping_type: 'string', mapping: { type: 'keyword' } }
  await peer.ask('PUT', `/${index}`, {
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    mappings: {
      dynamic_templates: [{ texts: keyword }],
      properties: { '@timestamp': { type: 'date' }, message: { type: 'match_only_text' } },
    },
  })
  const began = performance.now()
  let at = 0
  const feed = async () => {
    while (at < events) {
      const from = at
      at = Math.min(events, at + bulkEvents)
      await bulk(peer, from, at - from)
    }
  }
  await Promise.all(Array.from({ length: bulksAtOnce }, feed))
  await peer.ask('POST', `/${index}/_refresh`)
  return (performance.now() - began) / 1000
}

async function bulk(peer: SearchServer, from: number, count: number): Promise<void> {
  const body = eventsAt(from, count).bytes.toString().replaceAll(/^/gm, '{"create":{}}\n')
  const response = await fetch(`${peer.url}/${index}/_bulk?filter_path=errors`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    // Behind the last line end an action without an event.
    body: body.slice(0, body.lastIndexOf('{"create"')),
  })
  const { errors } = (await response.json()) as { errors?: boolean }
  if (errors !== false) throw new Error(`${server} does not take the events`)
}

async function timed(peer: SearchServer, { body }: BenchQuestion): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 6; n++) {
    const began = performance.now()
    await peer.ask<JsonRecord>('POST', `/${index}/_search?request_cache=false`, body)
    if (n > 0) times.push(performance.now() - began)
  }
  return times.toSorted((a, b) => a - b)[2]!
}
