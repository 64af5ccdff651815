import { z } from 'zod'
import type { Context } from '../core/context.ts'
import type { Position } from '../core/journal/batch.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import { type ComponentConfig, definer } from '../core/plugin.ts'
import { tag } from '../core/tag.ts'
import type { JsonObject } from '../core/json.ts'

/**
 * What an input hands over: whole messages of one tag, as bytes, with the position that follows them.
 * Framing and multi-line are the input's business; parsing is not.
 */
export interface Arrival {
  readonly tag: string
  /** Holds the messages. May be used again as soon as `deliver` has returned (not resolved). */
  readonly source: Buffer
  /** Start and end of each message in `source`: [start0, end0, start1, end1, …], line ends excluded. */
  readonly spans: Uint32Array
  /** Messages in `spans`; the array may be longer. 0 with a position moves the position alone. */
  readonly count: number
  /** Where they came from, such as `{log: {file: {path}}}`; top-level names of `contextKeys` only. */
  readonly context: JsonObject
  /** The same for each message by itself, where they came from several places. */
  readonly contexts?: readonly JsonObject[]
  /** Positions by source key, made durable in the same record as the events; null forgets one. */
  readonly positions?: Readonly<Record<string, Position | null>>
  /** `json`: the messages are JSON objects whatever parser the input is configured with. */
  readonly format?: 'json'
}

/** What became of an arrival, for those who can tell their sender. */
export interface Outcome {
  /** Messages that are durable now: parsed, or kept as raw `message`. Filtered ones count too. */
  readonly accepted: number
  /** Messages that did not parse; `line` counts from 0 in the arrival. At most 100 are listed. */
  readonly refused: readonly { line: number; reason: string }[]
  /** The journal is full and drops what arrives (`when_full: drop_newest`): nothing was kept. */
  readonly dropped?: true
}

/**
 * Parses, filters, routes and appends. Resolves when the events are durable; acknowledge, or move a
 * position, only then. Rejects when they are not (Weir is stopping): nothing was taken. While the
 * journal takes nothing it stays pending, so an input bounds what it has in flight. When `withdrawn` fires
 * what has not begun to be written is taken back: it rejects with the signal's reason. An arrival with
 * positions cannot be withdrawn.
 */
export type Deliver = (arrival: Arrival, withdrawn?: AbortSignal) => Promise<Outcome>

/** What an input gets beside its config. */
export interface InputContext extends Context {
  readonly deliver: Deliver
  /** What the journal knows of this input's sources from earlier runs, by source key. */
  readonly positions: ReadonlyMap<string, Position>
  /** Which of the collector's workers this is, and how many there are. */
  readonly worker: { readonly index: number; readonly count: number }
}

/**
 * An input. It counts what it takes in (`events_received`, `bytes_received`) and delivers it. After
 * `stop` resolves it delivers nothing more, and everything it was delivering is settled.
 */
export interface Input extends Lifecycle {
  /** For the status page: what it listens on or follows, rates aside. */
  status(): JsonObject
  /**
   * Looks whether it can go on with other options, its sockets and connections kept, so that nobody who sends
   * has to connect again.
   *
   * @param config of the same type and id.
   * @returns what puts the options in force; undefined when another input has to be made for them.
   */
  adopt?(config: ComponentConfig): (() => void) | undefined
  /** A request forwarded from the HTTP port of main; only the http input has it. */
  receive?(request: HttpBody): Promise<HttpReply>
}

/** A body posted to `/in/<tag>`, still encoded. */
export interface HttpBody {
  readonly tag: string
  readonly body: Uint8Array
  readonly contentType: string
  readonly contentEncoding: string
  readonly remoteAddress: string
}
export interface HttpReply {
  readonly status: number
  readonly body: JsonObject
  /** Seconds to wait before trying again (`Retry-After`), with 429 and 503. */
  readonly retryAfterSeconds?: number
}

const shared = {
  id: z
    .string()
    .regex(/^[a-z0-9_.-]+$/)
    .optional()
    .describe('Name in metrics and status; positions belong to it. Default: the type'),
  tag: tag()
    .optional()
    .describe('Tag of the events; it routes them and names their stream. Default: the type'),
  parser: z
    .union([z.string(), z.looseObject({ type: z.string() })])
    .optional()
    .describe('How a message becomes an event: a parser type, or an object with its options'),
}

/**
 * Declares an input: what it is configured by, and how it is made. The main thread needs only the one, so a
 * larger input is loaded when it is made: `async (config, context) => new (await import(…)).…`.
 */
export const defineInput = definer<[InputContext], Input | Promise<Input>, typeof shared>(shared)
