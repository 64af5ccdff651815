import { userOf } from '../digest/facts.ts'
import { tagsOf } from '../digest/tags.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { Title } from '../grouping/title.ts'
import { orderOf } from '../releases/order.ts'
import { fits, lowerAscii } from './events_with.ts'
import { eventHolds, partTexts } from './kept_events.ts'
import { meaningOfKey, type KeyMeaning, type TextColumn } from './keys.ts'
import { spanOf } from './moment.ts'
import { SearchMeaningError } from './scope.ts'
import { traceValue } from './trace_condition.ts'
import { plainText, type SearchNode, type SearchTerm, type SearchValue } from './tree.ts'

export interface SearchedEvent {
  readonly event: SentryEvent
  /** What it is called, for those who ask. */
  readonly called: () => Pick<Title, 'title' | 'culprit'>
  readonly nowMs: number
}

/**
 * Whether one event fits a search, as lists of events ask it: by what the event itself has. What only an issue
 * has (`is:`, `assigned:`, counts) is refused.
 *
 * @throws SearchMeaningError naming the place.
 */
export function eventFits(node: SearchNode, searched: SearchedEvent): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every((each) => eventFits(each, searched))
    case 'or':
      return node.nodes.some((each) => eventFits(each, searched))
    case 'not':
      return !eventFits(node.node, searched)
    case 'text':
      return eventHolds(searched.event, lowerAscii(node.text))
    case 'term':
      return termFits(node, searched)
  }
}

function termFits(term: SearchTerm, searched: SearchedEvent): boolean {
  const { event, nowMs } = searched
  const meaning: KeyMeaning = term.tag ? { kind: 'tag', key: term.key } : meaningOfKey(term.key)
  if (meaning.kind === 'time') return isWithin(term, event, nowMs)
  if (meaning.kind === 'release' && term.operator !== '=') return isOrdered(term, event)
  if (term.operator !== '=') refuse(term, `${term.key} knows no ${term.operator}`)
  if (meaning.kind === 'has') {
    return term.values.some((value) => textsOf(meaningOfKey(plainText(value)), searched).length > 0)
  }
  if (meaning.kind === 'handled') return isHandled(term, event)
  if (!asksEvents.has(meaning.kind)) {
    refuse(term, `${term.key} is asked of issues, not of events`)
  }
  const texts = textsOf(meaning, searched)
  const asked = valueOf[meaning.kind] ?? ((value: SearchValue) => value)
  return term.values.some((value) =>
    plainText(value) === '' ? texts.length === 0 : texts.some((text) => fits(asked(value), text)),
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
  'part',
  'trace',
  'user',
  'tag',
])

const within = ({ pieces, from }: SearchValue): SearchValue => ({
  pieces: ['', ...pieces, ''],
  from,
})

const valueOf: Partial<Record<KeyMeaning['kind'], (value: SearchValue) => SearchValue>> = {
  message: within,
  trace: traceValue,
}

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

function textsOf(meaning: KeyMeaning, searched: SearchedEvent): readonly string[] {
  const { event } = searched
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
    case 'part':
      return partTexts(meaning.part, event)
    case 'trace':
      return optional(traceOf(event))
    case 'user':
      return optional(event.user?.[meaning.part])
    case 'message':
      return messagesOf(event)
    case 'text':
      return ofColumn(meaning.column, searched)
    case 'tag':
      return tagsOf(event, userOf(event.user)).flatMap(([key, value]) =>
        key === meaning.key ? value : [],
      )
    default:
      return []
  }
}

function traceOf(event: SentryEvent): string | undefined {
  const id = event.contexts?.['trace']?.['trace_id']
  return typeof id === 'string' ? id : undefined
}

const optional = (text: string | undefined): string[] => (text === undefined ? [] : [text])

function messagesOf(event: SentryEvent): string[] {
  const exceptions = event.exception?.values ?? []
  const messages = exceptions.map(({ type = '', value = '' }) => `${type}: ${value}`)
  return [...messages, ...optional(event.logentry?.formatted)]
}

function ofColumn(column: TextColumn, { event, called }: SearchedEvent): string[] {
  switch (column) {
    case 'title':
      return [called().title]
    case 'culprit':
      return [called().culprit].filter((text) => text !== '')
    case 'logger':
      return optional(event.logger)
    case 'platform':
      return [event.platform]
    case 'type':
      return [event.type]
    default:
      return []
  }
}

function isHandled(term: SearchTerm, event: SentryEvent): boolean {
  const handled = event.exception?.values.at(-1)?.mechanism?.handled
  if (handled === undefined) return false
  const own = term.key.toLowerCase() === 'error.unhandled' ? !handled : handled
  return term.values.some((value) => /^(?:true|1|yes)$/i.test(plainText(value)) === own)
}
