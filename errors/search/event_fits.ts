import { userOf } from '../digest/facts.ts'
import { tagsOf } from '../digest/tags.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import { orderOf } from '../releases/order.ts'
import { fits, lowerAscii } from './events_with.ts'
import { eventHolds, partTexts } from './kept_events.ts'
import { meaningOfKey, type KeyMeaning } from './keys.ts'
import { spanOf } from './moment.ts'
import { SearchMeaningError } from './scope.ts'
import { plainText, type SearchNode, type SearchTerm, type SearchValue } from './tree.ts'

/**
 * Whether one event fits a search, as lists of events ask it: by what the event itself has. What only an issue
 * has (`is:`, `assigned:`, counts) is refused.
 *
 * @throws SearchMeaningError naming the place.
 */
export function eventFits(node: SearchNode, event: SentryEvent, nowMs: number): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every((each) => eventFits(each, event, nowMs))
    case 'or':
      return node.nodes.some((each) => eventFits(each, event, nowMs))
    case 'not':
      return !eventFits(node.node, event, nowMs)
    case 'text':
      return eventHolds(event, lowerAscii(node.text))
    case 'term':
      return termFits(node, event, nowMs)
  }
}

function termFits(term: SearchTerm, event: SentryEvent, nowMs: number): boolean {
  const meaning: KeyMeaning = term.tag ? { kind: 'tag', key: term.key } : meaningOfKey(term.key)
  if (meaning.kind === 'time') return isWithin(term, event, nowMs)
  if (meaning.kind === 'release' && term.operator !== '=') return isOrdered(term, event)
  if (term.operator !== '=') refuse(term, `${term.key} knows no ${term.operator}`)
  if (meaning.kind === 'has') {
    return term.values.some((value) => textsOf(meaningOfKey(plainText(value)), event).length > 0)
  }
  if (meaning.kind === 'handled') return isHandled(term, event)
  if (!asksEvents.has(meaning.kind)) {
    refuse(term, `${term.key} is asked of issues, not of events`)
  }
  const texts = textsOf(meaning, event)
  const anywhere = meaning.kind === 'message'
  return term.values.some((value) =>
    plainText(value) === ''
      ? texts.length === 0
      : texts.some((text) => fits(anywhere ? within(value) : value, text)),
  )
}

const asksEvents = new Set<KeyMeaning['kind']>([
  'release',
  'environment',
  'event',
  'level',
  'text',
  'message',
  'error',
  'stack',
  'user',
  'tag',
])

const within = ({ pieces, from }: SearchValue): SearchValue => ({
  pieces: ['', ...pieces, ''],
  from,
})

function refuse(term: SearchTerm, problem: string): never {
  throw new SearchMeaningError(term.from, problem)
}

function isWithin(term: SearchTerm, event: SentryEvent, nowMs: number): boolean {
  const span = spanOf(term, nowMs) ?? refuse(term, 'expected a time such as -24h or >2026-01-31')
  const atMs = event.timestamp * 1000
  return atMs >= (span.fromMs ?? -Infinity) && atMs < (span.untilMs ?? Infinity)
}

function isOrdered(term: SearchTerm, event: SentryEvent): boolean {
  const wanted = orderOf(plainText(term.values[0]!))
  if (wanted.sort === null) refuse(term, 'only semantic versions are in an order')
  const own = orderOf(event.release ?? '')
  if (own.sort === null || (wanted.package !== '' && own.package !== wanted.package)) return false
  const order = own.sort < wanted.sort ? -1 : own.sort > wanted.sort ? 1 : 0
  if (term.operator === '>') return order > 0
  if (term.operator === '>=') return order >= 0
  return term.operator === '<' ? order < 0 : order <= 0
}

function textsOf(meaning: KeyMeaning, event: SentryEvent): readonly string[] {
  switch (meaning.kind) {
    case 'release':
      return optional(event.release)
    case 'environment':
      return optional(event.environment)
    case 'event':
      return optional(event.event_id)
    case 'level':
      return [event.level]
    case 'error':
      return partTexts(`error.${meaning.part}`, event)
    case 'stack':
      return partTexts(`stack.${meaning.part}`, event)
    case 'user':
      return optional(event.user?.[meaning.part])
    case 'message':
    case 'text':
      return ofColumn(meaning, event)
    case 'tag':
      return tagsOf(event, userOf(event.user)).flatMap(([key, value]) =>
        key === meaning.key ? value : [],
      )
    default:
      return []
  }
}

const optional = (text: string | undefined): string[] => (text === undefined ? [] : [text])

function ofColumn(meaning: Extract<KeyMeaning, { kind: 'text' | 'message' }>, event: SentryEvent) {
  const exceptions = event.exception?.values ?? []
  const messages = exceptions.map(({ type = '', value = '' }) => `${type}: ${value}`)
  const all = [...messages, ...optional(event.logentry?.formatted)]
  if (meaning.kind === 'message' || meaning.column === 'title') return all
  if (meaning.column === 'logger') return optional(event.logger)
  if (meaning.column === 'platform') return [event.platform]
  if (meaning.column === 'type') return [event.type]
  return meaning.column === 'culprit' ? optional(event.transaction) : []
}

function isHandled(term: SearchTerm, event: SentryEvent): boolean {
  const handled = event.exception?.values.at(-1)?.mechanism?.handled
  if (handled === undefined) return false
  const own = term.key.toLowerCase() === 'error.unhandled' ? !handled : handled
  return term.values.some((value) => /^(?:true|1|yes)$/i.test(plainText(value)) === own)
}
