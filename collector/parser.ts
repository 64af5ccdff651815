import { z } from 'zod'
import { definer } from '../core/plugin.ts'
import type { Reason } from '../core/reasons.ts'
import type { Event } from './event.ts'
import type { EventBuffer } from './event_buffer.ts'

/** Why a message is no event: a reason to count, and where and what for a person. */
export class Refusal {
  readonly reason: Reason
  /** Such as `expected "]" at byte 17`. */
  readonly detail: string
  constructor(reason: Reason, detail: string) {
    this.reason = reason
    this.detail = detail
  }
}

/** What a parser tells beside its event: repairs, each counted. */
export type Note = (reason: Reason) => void

/**
 * A parser turns the bytes of one message into an event or a reason. It is pure and synchronous, and
 * whatever the bytes are it neither throws nor takes more than linear time.
 */
export interface Parser {
  /**
   * @param source holds the message in [start, end), without its line end; not changed, not kept.
   * @returns the event, `@timestamp` set only when the message has a time that can be read.
   */
  parse(source: Buffer, start: number, end: number, note: Note): Event | Refusal

  /**
   * The direct way, without an object in between: appends the event's JSON to `out` from its opening
   * brace, `{"@timestamp":"…"`, to before its closing brace. `arrival` is the ISO text to use where the
   * message has no time.
   *
   * @returns -1 to say "use parse" (out.length may have moved; the caller puts it back): it must do so
   * for every refusal and repair. Otherwise bits that say which names of the input's context the event has
   * itself, so that the caller can add the rest of it:
   * - `hostKey`, `logKey`, `sourceKey`: that top-level name; not for an object that the context would go
   *   into, `host` and `log`. For an object `host`, or a dotted name such as `host.name`, it returns -1.
   * - `logDotted`: names that begin with `log.`, none with `log.file`, and no `log`.
   * - `logOpen`: `log` is an object with members, none of whose names begins with `file`; it was written last
   *   and without its closing brace.
   */
  transcode?(source: Buffer, start: number, end: number, out: EventBuffer, arrival: Buffer): number
}

/** What a parser gets beside its config; it has no other access to the world. */
export interface ParserContext {
  /** Milliseconds since the epoch, for times without a year. */
  readonly now: () => number
}

/** Top-level names that an input's context may hold; see `transcode`. */
export const contextKeys = ['host', 'log', 'source'] as const
export const hostKey = 1
export const logKey = 2
export const sourceKey = 4
export const logDotted = 8
export const logOpen = 16
/** The only name within `log` that a context may hold where one of the last two is said. */
export const logContext = 'file'

const fields = z
  .enum(['ecs', 'fluentd'])
  .default('ecs')
  .describe('Names of the fields: ecs (nested, typed) or exactly what Fluentd calls them')

export const defineParser = definer<[ParserContext], Parser, { fields: typeof fields }>({ fields })
