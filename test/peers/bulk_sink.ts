import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { badDay, ok, type Reply, type Script } from './bulk_script.ts'
import { IdSet } from './id_set.ts'

/**
 * A stand-in for Elasticsearch that does as it is told: it takes `_bulk` with `create`, remembers the
 * ids, answers the few other requests that Weir's output makes, and misbehaves by a script. Everything
 * it stores counts once; `doubled` is what a real server would now hold twice.
 *
 * Also a process of its own, for benches: `bin/node test/peers/bulk_sink.ts [--port N] [--fast]
 * [--bad-day SEED]` prints `{"url":…}`; GET /_sink tells its counts. `--fast` counts events without
 * looking at their ids.
 */
export interface BulkSink {
  readonly url: string
  readonly counts: SinkCounts
  /** Replaces the script, from the next request on. */
  script: Script
  /** Ids of refused events (4xx items other than 409 and 429), as they came. */
  readonly refused: ReadonlySet<string>
  /** Whether the event is stored, in whichever generation. */
  has(segment: string, ordinal: number): boolean
  /** As a data stream does: from now on `create` no longer sees what was stored before. */
  rollover(): void
  /** The last bodies (up to 20), inflated, with their paths. */
  readonly requests: readonly { readonly path: string; readonly body: Buffer }[]
  stop(): Promise<void>
}

export interface SinkCounts {
  requests: number
  bytes: number
  /** Events stored, each once. */
  events: number
  /** Events stored again in a later generation. */
  doubled: number
  /** Creates of events that were there already. */
  conflicts: number
}

export interface BulkSinkOptions {
  readonly port?: number
  readonly script?: Script
  /** Counts lines only. */
  readonly fast?: boolean
  /** Called for each event stored, with its JSON; again when it is stored a second time. */
  readonly onStored?: OnStored
}

type OnStored = (segment: string, ordinal: number, event: string) => void

export async function startBulkSink(options: BulkSinkOptions = {}): Promise<BulkSink> {
  const store = new Store(options.onStored)
  const requests: { path: string; body: Buffer }[] = []
  const state = { script: options.script ?? (() => ok) }
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 0

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const path = (request.url ?? '/').split('?')[0]!
    if (options.fast && path.endsWith('/_bulk')) return answerFast(request, response)
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    if (!path.endsWith('/_bulk')) return other(path, Buffer.concat(parts).toString(), response)
    let body = Buffer.concat(parts)
    if (request.headers['content-encoding'] === 'gzip') body = gunzipSync(body)
    store.counts.requests += 1
    store.counts.bytes += body.length
    requests.push({ path, body })
    if (requests.length > 20) requests.shift()
    await misbehave(state.script(body.length), body, response)
  }

  function answerFast(request: IncomingMessage, response: ServerResponse) {
    let lines = 0
    request.on('data', (part: Buffer) => {
      store.counts.bytes += part.length
      for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines += 1
    })
    request.on('end', () => {
      store.counts.requests += 1
      send(response, 200, store.takeFast(lines / 2))
    })
  }

  async function misbehave(reply: Reply, body: Buffer, response: ServerResponse) {
    if (reply.kind === 'ok')
      return send(
        response,
        200,
        store.take(body, () => 201),
      )
    if (reply.kind === 'items') return send(response, 200, store.take(body, reply.status))
    const text = reply.execute ? store.take(body, () => 201) : store.pretend(body)
    if (reply.kind === 'status') {
      const { status, headers } = reply
      const error = { type: 'scripted', reason: 'as the script says' }
      // A 5xx after executing is a proxy's; the server's own says its status.
      const own = reply.execute ? {} : { status }
      return send(response, status, JSON.stringify({ error, ...own }), headers)
    }
    if (reply.kind === 'short') {
      const items = JSON.parse(text) as { items: unknown[] }
      return send(response, 200, JSON.stringify({ ...items, items: items.items.slice(1) }))
    }
    if (reply.kind === 'truncated') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
      response.write(text.slice(0, text.length / 2))
      await sleep(5)
    }
    if (reply.kind !== 'silence') response.destroy()
  }

  function other(path: string, body: string, response: ServerResponse) {
    if (path === '/_sink') return send(response, 200, JSON.stringify(store.counts))
    if (path === '/') return send(response, 200, JSON.stringify({ version: { number: '8.19.0' } }))
    if (path.endsWith('/_search')) return send(response, 200, store.search(body))
    return send(response, 200, '{"acknowledged":true,"_shards":{"failed":0}}')
  }

  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    counts: store.counts,
    refused: store.refused,
    requests,
    get script() {
      return state.script
    },
    set script(script) {
      state.script = script
    },
    has: (segment, ordinal) => store.has(segment, ordinal),
    rollover: () => store.rollover(),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const own = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' }
  response.writeHead(status, { ...own, 'content-length': Buffer.byteLength(text), ...headers })
  response.end(text)
}

/** What was stored, by generation as in a data stream. */
class Store {
  readonly counts: SinkCounts = { requests: 0, bytes: 0, events: 0, doubled: 0, conflicts: 0 }
  readonly refused = new Set<string>()
  #old = new IdSet()
  #current = new IdSet()
  readonly #all = new IdSet()
  #fastAnswer = { count: -1, text: '' }
  readonly #onStored: OnStored | undefined

  constructor(onStored: OnStored | undefined) {
    this.#onStored = onStored
  }

  /** Executes a body; `status` decides for each event. */
  take(body: Buffer, status: (n: number) => number): string {
    let hasErrors = false
    const items = idsOf(body).map(({ segment, ordinal, start, end }, n) => {
      const wanted = status(n)
      const got = wanted < 300 ? this.#create(segment, ordinal) : wanted
      if (got < 300) this.#onStored?.(segment, ordinal, body.toString('utf8', start, end))
      if (got < 300) return `{"create":{"status":${got}}}`
      hasErrors = true
      if (got >= 400 && got < 500 && got !== 409 && got !== 429) {
        this.refused.add(`${segment}-${ordinal}`)
      }
      const error = `"error":{"type":"scripted_${got}","reason":"as the \\"script\\" says"}`
      return `{"create":{"status":${got},${error}}}`
    })
    return `{"errors":${hasErrors},"items":[${items.join(',')}]}`
  }

  /** The answer of success, without doing anything. */
  pretend(body: Buffer): string {
    const items = idsOf(body).map(() => '{"create":{"status":201}}')
    return `{"errors":false,"items":[${items.join(',')}]}`
  }

  /** Events that nobody looked at; the answer is the same text for the same number. */
  takeFast(count: number): string {
    this.counts.events += count
    if (this.#fastAnswer.count !== count) {
      const items = Array.from({ length: count }, () => '{"create":{"status":201}}').join(',')
      this.#fastAnswer = { count, text: `{"errors":false,"items":[${items}]}` }
    }
    return this.#fastAnswer.text
  }

  has(segment: string, ordinal: number): boolean {
    return this.#all.has(segment, ordinal)
  }

  rollover() {
    this.#old = this.#all
    this.#current = new IdSet()
  }

  search(body: string): string {
    const { query } = JSON.parse(body) as { query: { ids: { values: string[] } } }
    const hits = query.ids.values.filter((id) => {
      const { segment, ordinal } = split(id)
      return this.has(segment, ordinal)
    })
    const found = hits.map((id) => ({ _id: id }))
    return JSON.stringify({ timed_out: false, _shards: { failed: 0 }, hits: { hits: found } })
  }

  #create(segment: string, ordinal: number): number {
    if (!this.#current.add(segment, ordinal)) {
      this.counts.conflicts += 1
      return 409
    }
    if (this.#old.has(segment, ordinal)) this.counts.doubled += 1
    else this.counts.events += 1
    this.#all.add(segment, ordinal)
    return 201
  }
}

/** The ids of a body's events, and where their JSON is. */
function idsOf(body: Buffer) {
  const ids = []
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(10, start)
    const id = /"_id":"([^"]+)"/.exec(body.toString('latin1', start, end))?.[1]
    if (id === undefined) throw new Error(`no action: ${body.toString('utf8', start, end)}`)
    const event = { start: end + 1, end: body.indexOf(10, end + 1) }
    ids.push({ ...split(id), ...event })
    start = event.end + 1
  }
  return ids
}

function split(id: string) {
  const dash = id.lastIndexOf('-')
  return { segment: id.slice(0, dash), ordinal: Number(id.slice(dash + 1)) }
}

/** mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

if (import.meta.main) {
  const option = (name: string) => {
    const at = process.argv.indexOf(name)
    return at < 0 ? undefined : Number(process.argv[at + 1])
  }
  const seed = option('--bad-day')
  const sink = await startBulkSink({
    port: option('--port') ?? 0,
    fast: process.argv.includes('--fast'),
    ...(seed !== undefined && { script: badDay(seeded(seed), 0.3) }),
  })
  console.log(JSON.stringify({ url: sink.url }))
}
