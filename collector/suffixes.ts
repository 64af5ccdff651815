import type { Event } from './event.ts'
import { phraseOf, type Phrase } from './event_buffer.ts'
import type { JsonObject } from '../core/json.ts'
import {
  contextKeys,
  hostKey,
  logContext,
  logDotted,
  logKey,
  logOpen,
  sourceKey,
} from './parser.ts'

/** The ends of an event's JSON: what the context adds, for each set of names that the event has itself. */
export interface Suffixes {
  readonly context: JsonObject
  /**
   * What to add to an event. One that names its source itself (nginx: the client) keeps it pure: the
   * input's is only the last hop, and a mixture of both would be neither.
   */
  readonly contextFor: (event: Event) => JsonObject
  /** By what `Parser.transcode` says; undefined where only `addContext` can tell. */
  readonly phrases: readonly (Phrase | undefined)[]
}

export function makeSuffixes(context: JsonObject): Suffixes {
  const phrases: (Phrase | undefined)[] = []
  for (let own = 0; own < 2 * logOpen; own++) {
    const text = suffix(context, own)
    phrases.push(text === undefined ? undefined : phraseOf(text))
  }
  const { source: _, ...sourceless } = context
  const contextFor = (event: Event) => (Object.hasOwn(event, 'source') ? sourceless : context)
  return { context, contextFor, phrases }
}

const bits = { host: hostKey, log: logKey, source: sourceKey }

/** The same as `addContext` does to an object. */
function suffix(context: JsonObject, own: number): string | undefined {
  const log = (context['log'] ?? {}) as JsonObject
  let text = ''
  if (own & (logOpen | logDotted)) {
    if (Object.keys(log).some((name) => name !== logContext)) return undefined
    const file = log[logContext]
    const name = own & logOpen ? logContext : `log.${logContext}`
    if (file !== undefined) text += `,"${name}":${JSON.stringify(file)}`
    if (own & logOpen) text += '}'
  }
  for (const key of contextKeys) {
    const has = own & bits[key] || (key === 'log' && own & (logOpen | logDotted))
    const value = context[key]
    if (value !== undefined && !has) text += `,"${key}":${JSON.stringify(value)}`
  }
  return `${text}}\n`
}
