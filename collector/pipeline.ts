import type { Context } from '../core/context.ts'
import type { Append, Batch } from '../core/journal/batch.ts'
import type { Reason } from '../core/reasons.ts'
import { addContext, type Event } from './event.ts'
import { type JsonObject } from '../core/json.ts'
import { Batches } from './batches.ts'
import { EventBuffer } from './event_buffer.ts'
import { eventText } from './event_text.ts'
import type { Filter } from './filter.ts'
import type { Arrival, Deliver, Outcome } from './input.ts'
import { type Parser, Refusal } from './parser.ts'
import { makeSuffixes, type Suffixes } from './suffixes.ts'
import { Refused } from './refused.ts'
import { type MatchesTag } from '../core/routing.ts'
import { streamOf } from './stream.ts'

export interface PipelineOptions {
  readonly namespace: string
  /** Tag of what is refused; undefined to keep it under its own. */
  readonly onError: string | undefined
  readonly filters: readonly { readonly matches: MatchesTag; readonly filter: Filter }[]
  readonly hostname: string
  /** Bytes at which a batch is closed, so that what is read from the journal stays of one size. */
  readonly batchBytes: number
}

/** What a tag leads to. */
interface Way {
  readonly stream: string
  readonly filters: readonly Filter[]
}

/** Tags may come from outside, so what is remembered of them is bounded. */
const rememberedMax = 10_000
const spareBuffers = 8
const spareBytesMax = 16 * 2 ** 20

/**
 * The way from what an input hands over to the journal: parse, filter, add where it came from, append.
 * A message that needs no filter goes from the input's bytes to the batch's bytes without an object in
 * between (`bench tail` shows why).
 */
export class Pipeline {
  readonly #append: Append
  readonly #context: Context
  readonly #jsonParser: Parser
  #options: PipelineOptions
  #ways = new Map<string, Way>()
  #suffixes = new WeakMap<JsonObject, Suffixes>()
  readonly #spare: EventBuffer[] = []

  /** @param jsonParser takes the messages of arrivals whose format is json. */
  constructor(options: PipelineOptions, append: Append, jsonParser: Parser, context: Context) {
    this.#options = options
    this.#append = append
    this.#jsonParser = jsonParser
    this.#context = context
  }

  /** New options hold for what arrives from now on. */
  configure(options: PipelineOptions): void {
    this.#options = options
    this.#ways = new Map()
    this.#suffixes = new WeakMap()
  }

  /** The `deliver` of one input. `count` counts under the input's name. */
  for(parser: Parser, count: (reason: Reason, amount?: number) => void): Deliver {
    return (arrival, withdrawn) => this.#deliver(arrival, withdrawn, parser, count)
  }

  async #deliver(
    arrival: Arrival,
    withdrawn: AbortSignal | undefined,
    parser: Parser,
    count: (reason: Reason, amount?: number) => void,
  ): Promise<Outcome> {
    const { tag, positions } = arrival
    const batches = new Batches(() => this.#takeBuffer(arrival), this.#options.batchBytes)
    const refused = new Refused()
    this.#transcode(arrival, parser, batches, refused, count)
    const list = batches.close()
    if (positions) {
      // The last record of the append carries the positions: they hold when all of it does.
      const last = list.pop() ?? { ...this.#emptyBatch(tag) }
      list.push({ ...last, positions })
    }
    let appended: 'durable' | 'dropped' = 'durable'
    try {
      if (list.length > 0) appended = await this.#append(list, withdrawn)
    } finally {
      for (const buffer of batches.buffers) this.#giveBack(buffer)
    }
    if (appended === 'dropped') return { accepted: 0, refused: refused.list, dropped: true }
    const told = arrival.format === 'json' ? refused.count : 0
    return { accepted: arrival.count - told, refused: refused.list }
  }

  #transcode(
    arrival: Arrival,
    given: Parser,
    batches: Batches,
    refused: Refused,
    count: (reason: Reason, amount?: number) => void,
  ): void {
    const { tag, source, spans, contexts } = arrival
    const now = new Date(this.#context.clock.now()).toISOString()
    const nowBytes = Buffer.from(now, 'latin1')
    const way = this.#wayOf(tag)
    const parser = arrival.format === 'json' ? this.#jsonParser : given
    const shared = this.#suffixesOf(arrival.context)
    const direct = way.filters.length === 0 && parser.transcode !== undefined
    const note = (reason: Reason) => count(reason)
    for (let i = 0; i < arrival.count; i++) {
      const start = spans[2 * i]!
      const end = spans[2 * i + 1]!
      const out = batches.bufferFor(tag, way.stream)
      const before = out.length
      const suffixes = contexts ? this.#suffixesOf(contexts[i]!) : shared
      if (direct) {
        const own = parser.transcode!(source, start, end, out, nowBytes)
        const suffix = suffixes.phrases[own]
        if (suffix) {
          out.phrase(suffix)
          batches.added()
          continue
        }
        out.length = before
      }
      const parsed = parser.parse(source, start, end, note)
      if (parsed instanceof Refusal) {
        count(parsed.reason)
        refused.add(i, parsed.reason, parsed.detail)
        this.#keepRefused(arrival, i, parsed, batches, now)
        continue
      }
      addContext(parsed, suffixes.contextFor(parsed))
      this.#filter(parsed, arrival, i, batches, now, count)
    }
  }

  #filter(
    parsed: Event,
    arrival: Arrival,
    message: number,
    batches: Batches,
    now: string,
    count: (reason: Reason, amount?: number) => void,
  ): void {
    const { tag } = arrival
    const way = this.#wayOf(tag)
    parsed['@timestamp'] ??= now
    let event: Event = parsed
    for (const filter of way.filters) {
      const result = filter.apply(event, tag)
      if (result === null) {
        this.#context.metrics.events_filtered.inc({ component: this.#context.id })
        return
      }
      if (result instanceof Refusal) {
        count(result.reason)
        // Without an own route the event goes on as the filter found it.
        if (this.#options.onError === undefined) continue
        this.#keepRefused(arrival, message, result, batches, now)
        return
      }
      event = result
    }
    writeLine(batches.bufferFor(tag, way.stream), eventText(event, now))
    batches.added()
  }

  /** A refused message goes on raw, under its own tag or that of `on_error`. */
  #keepRefused(
    arrival: Arrival,
    message: number,
    { reason, detail }: Refusal,
    batches: Batches,
    now: string,
  ): void {
    const { onError } = this.#options
    const { source, spans } = arrival
    // A sender who is told keeps the message himself; to keep it here too would double it.
    if (arrival.format === 'json' && onError === undefined) return
    const event: Event = {
      '@timestamp': now,
      message: source.toString('utf8', spans[2 * message], spans[2 * message + 1]).toWellFormed(),
      ...(onError !== undefined && {
        error: { type: reason, message: detail },
        event: { dataset: arrival.tag },
      }),
    }
    const context = arrival.contexts?.[message] ?? arrival.context
    addContext(event, this.#suffixesOf(context).context)
    const tag = onError ?? arrival.tag
    writeLine(batches.bufferFor(tag, this.#wayOf(tag).stream), eventText(event, now))
    batches.added()
  }

  #wayOf(tag: string): Way {
    const known = this.#ways.get(tag)
    if (known) return known
    if (this.#ways.size >= rememberedMax) this.#ways.clear()
    const { filters, namespace } = this.#options
    const way = {
      stream: streamOf(tag, namespace),
      filters: filters.filter(({ matches }) => matches(tag)).map(({ filter }) => filter),
    }
    this.#ways.set(tag, way)
    return way
  }

  #suffixesOf(given: JsonObject): Suffixes {
    const known = this.#suffixes.get(given)
    if (known) return known
    const suffixes = makeSuffixes({ host: { name: this.#options.hostname }, ...given })
    this.#suffixes.set(given, suffixes)
    return suffixes
  }

  #emptyBatch(tag: string): Batch {
    return { stream: this.#wayOf(tag).stream, tag, bytes: new Uint8Array(0), count: 0 }
  }

  #takeBuffer({ spans, count }: Arrival): EventBuffer {
    const spare = this.#spare.pop()
    if (spare) return spare
    const bytes = count > 0 ? spans[2 * count - 1]! - spans[0]! : 0
    return new EventBuffer(
      Math.min(bytes * 2 + count * 128 + 1024, this.#options.batchBytes * 1.25),
    )
  }

  #giveBack(buffer: EventBuffer): void {
    if (this.#spare.length >= spareBuffers || buffer.bytes.length > spareBytesMax) return
    buffer.length = 0
    this.#spare.push(buffer)
  }
}

function writeLine(out: EventBuffer, text: string): void {
  out.text(text)
  out.byte(10)
}
