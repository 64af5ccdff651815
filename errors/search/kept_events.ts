import type { DatabaseSync } from 'node:sqlite'
import { zstdDecompressSync } from 'node:zlib'
import type { SentryEvent, Stacktrace } from '../event/sentry_event.ts'
import {
  fits,
  lowerAscii,
  matchExpression,
  type EventPart,
  type EventQuestion,
  type IssuesWithEvents,
} from './events_with.ts'

/** How much one question may look at (errors.api.search_events_max, search_bodies_max). */
export interface KeptEventLimits {
  /** Kept events whose words fit, the newest first. */
  readonly found: number
  /** Bodies of these that are read. */
  readonly read: number
}

/**
 * Looks inside of kept events: their words first, then, where words do not tell all, their bodies.
 *
 * @param cut called when there is more than was looked at, so that the answer may lack older events.
 */
export function keptEventsOf(
  database: DatabaseSync,
  cut: () => void,
  limits: KeptEventLimits,
): IssuesWithEvents {
  const words = database.prepare(
    `select e.id, e.issue from (select rowid as id from event_words where event_words match ?
       order by rowid desc limit ?) w join events e on e.id = w.id`,
  )
  const newest = database.prepare('select e.id, e.issue from events e order by e.id desc limit ?')
  const body = database.prepare('select body from event_bodies where event = ?')
  const candidates = (question: EventQuestion): Iterable<Record<string, unknown>> => {
    const expression = matchExpression(question)
    const most = limits.found + 1
    return expression === undefined ? newest.iterate(most) : words.iterate(expression, most)
  }
  return (question) => {
    const issues = new Set<number>()
    const needsBody = question.kind === 'part' || question.phrase || !isWords(question)
    let looked = 0
    let read = 0
    for (const row of candidates(question)) {
      const issue = Number(row['issue'])
      if (++looked > limits.found) {
        cut()
        break
      }
      if (issues.has(issue)) continue
      if (needsBody) {
        if (++read > limits.read) {
          cut()
          break
        }
        const found = body.get(Number(row['id']))
        if (!found || !eventFits(question, eventOf(found['body'] as Uint8Array))) continue
      }
      issues.add(issue)
    }
    return [...issues]
  }
}

/** Whether the index alone can tell. */
const isWords = (question: EventQuestion) => matchExpression(question) !== undefined

/** A body as event_bodies has it. */
export function eventOf(body: Uint8Array): SentryEvent {
  return JSON.parse(zstdDecompressSync(body).toString()) as SentryEvent
}

function eventFits(question: EventQuestion, event: SentryEvent): boolean {
  if (question.kind === 'part') {
    const texts = partTexts(question.of, event)
    return texts.some((text) => question.values.some((value) => fits(value, text)))
  }
  return eventHolds(event, lowerAscii(question.text))
}

/** Whether any text of the event, however deep, holds `wanted` (lower case); what Weir noted about it does not count. */
export const eventHolds = (event: SentryEvent, wanted: string): boolean => holdsText(event, wanted)

function holdsText(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return lowerAscii(value).includes(wanted)
  if (typeof value !== 'object' || value === null) return false
  for (const [key, part] of Object.entries(value)) {
    if (key !== '_meta' && key !== 'errors' && holdsText(part, wanted)) return true
  }
  return false
}

export function partTexts(part: EventPart, event: SentryEvent): string[] {
  const exceptions = event.exception?.values ?? []
  switch (part) {
    case 'error.type':
      return exceptions.flatMap(({ type }) => type ?? [])
    case 'error.value':
      return exceptions.flatMap(({ value }) => value ?? [])
    case 'stack.filename':
      return framesOf(event).flatMap(({ filename }) => filename ?? [])
    case 'stack.function':
      return framesOf(event).flatMap((frame) => frame.function ?? [])
    case 'stack.module':
      return framesOf(event).flatMap(({ module }) => module ?? [])
    case 'http.method':
      return textOr(event.request?.method)
    case 'sdk.name':
      return textOr(event.sdk?.name)
    case 'sdk.version':
      return textOr(event.sdk?.version)
    case 'user.email':
    case 'user.username':
    case 'user.ip_address':
      return textOr(event.user?.[part.slice('user.'.length) as 'email'])
  }
}

const textOr = (text: string | undefined): string[] => (text === undefined ? [] : [text])

function framesOf(event: SentryEvent): Stacktrace['frames'] {
  const traces = [
    ...(event.exception?.values ?? []).map(({ stacktrace }) => stacktrace),
    ...(event.threads?.values ?? []).map(({ stacktrace }) => stacktrace),
    event.stacktrace,
  ]
  return traces.flatMap((trace) => trace?.frames ?? [])
}
