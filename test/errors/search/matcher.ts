import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import { orderOf } from '../../../errors/releases/order.ts'
import { userOf } from '../../../errors/digest/facts.ts'
import { tagsOf } from '../../../errors/digest/tags.ts'
import type { SearchNode, SearchTerm, SearchValue } from '../../../errors/search/tree.ts'
import type { PlantedIssue } from './planted.ts'

/** Whether an issue fits a search, told as naively as can be; `undefined` from a key that it does not know. */
export function matches(node: SearchNode, issue: PlantedIssue, nowMs: number): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every((each) => matches(each, issue, nowMs))
    case 'or':
      return node.nodes.some((each) => matches(each, issue, nowMs))
    case 'not':
      return !matches(node.node, issue, nowMs)
    case 'text':
      return (
        lower(issue.title).includes(lower(node.text)) ||
        lower(issue.culprit).includes(lower(node.text)) ||
        issue.kept.some((event) => eventHas(event, issue, node.text, node.phrase))
      )
    case 'term':
      return node.values.some((value) => termFits(node, value, issue, nowMs))
  }
}

const lower = (text: string) => text.toLowerCase()
const wordsOf = (text: string) => lower(text).match(/[\p{L}\p{N}_]+/gu) ?? []

function allTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(allTexts)
}

function eventHas(event: SentryEvent, issue: PlantedIssue, text: string, phrase: boolean): boolean {
  const wanted = wordsOf(text)
  if (wanted.length === 0) return allTexts(event).some((each) => lower(each).includes(lower(text)))
  const has = [...searched(event), issue.title, issue.culprit].flatMap(wordsOf)
  const all = wanted.every((word, place) =>
    has.some((each) =>
      !phrase && place === wanted.length - 1 && /[\w]$/.test(text)
        ? each.startsWith(word)
        : each === word,
    ),
  )
  return all && (!phrase || allTexts(event).some((each) => lower(each).includes(lower(text))))
}

/** The event's texts that docs/ERRORS_API.md says are searched. */
function searched(event: SentryEvent): string[] {
  return [
    ...(event.exception?.values ?? []).flatMap(({ type, value, stacktrace }) => [
      type ?? '',
      value ?? '',
      ...(stacktrace?.frames ?? []).flatMap((frame) => [
        frame.filename ?? '',
        frame.function ?? '',
        frame.module ?? '',
      ]),
    ]),
    ...tagsOf(event, userOf(event.user)).flat(),
    ...Object.values(event.user ?? {}).filter(
      (value): value is string => typeof value === 'string',
    ),
    event.request?.url ?? '',
    ...(event.breadcrumbs?.values ?? []).map(({ message }) => message ?? ''),
  ]
}

function fits({ pieces }: SearchValue, text: string, anyCase = false): boolean {
  if (pieces.length === 1) {
    return anyCase ? lower(pieces[0]!) === lower(text) : pieces[0] === text
  }
  const escaped = pieces.map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 'is').test(text)
}

function termFits(
  term: SearchTerm,
  value: SearchValue,
  issue: PlantedIssue,
  nowMs: number,
): boolean {
  const text = value.pieces.join('*')
  const frames = issue.kept.flatMap((event) =>
    (event.exception?.values ?? []).flatMap(({ stacktrace }) => stacktrace?.frames ?? []),
  )
  const exceptions = issue.kept.flatMap((event) => event.exception?.values ?? [])
  switch (term.key) {
    case 'is':
      return {
        unresolved: issue.status === 'unresolved',
        resolved: issue.status === 'resolved',
        archived: issue.status === 'ignored',
        assigned: issue.assignee !== null,
        unassigned: issue.assignee === null,
        regressed: issue.status === 'unresolved' && issue.substatus === 'regressed',
      }[text]!
    case 'level':
      return fits(value, issue.level, true)
    case 'title':
      return fits(value, issue.title, true)
    case 'message':
      return [issue.title, issue.errorValue].some((each) =>
        fits({ pieces: ['', ...value.pieces, ''], from: 0 }, each),
      )
    case 'error.type':
      return (
        fits(value, issue.errorType) || exceptions.some(({ type }) => fits(value, type ?? '\n'))
      )
    case 'stack.filename':
      return frames.some(({ filename }) => filename !== undefined && fits(value, filename))
    case 'stack.function':
      return frames.some((frame) => frame.function !== undefined && fits(value, frame.function))
    case 'assigned':
      if (text === 'none') return issue.assignee === null
      return (
        issue.assignee !== null &&
        fits(text === 'me' ? { pieces: ['ana'], from: 0 } : value, issue.assignee, true)
      )
    case 'bookmarks':
      return issue.bookmarkedBy.includes(text === 'me' ? 'ana' : text)
    case 'timesSeen':
      return compare(term.operator, issue.events, Number(text))
    case 'firstSeen':
      return text.startsWith('-')
        ? issue.firstSeenMs >= nowMs - Number(text.slice(1, -1)) * 3_600_000
        : issue.firstSeenMs <= nowMs - Number(text.slice(1, -1)) * 3_600_000
    case 'release':
      return issue.kept.some(({ release }) => {
        if (term.operator === '=') return release !== undefined && fits(value, release)
        const sort = release === undefined ? null : orderOf(release).sort
        return sort !== null && compare(term.operator, sort, orderOf(text).sort!)
      })
    case 'environment':
      return issue.kept.some(
        (event) => event.environment !== undefined && fits(value, event.environment),
      )
    case 'user.id':
    case 'user.email': {
      const part = term.key === 'user.id' ? 'id' : 'email'
      const known = issue.kept.flatMap(({ user }) => user?.[part] ?? [])
      return text === '' ? known.length === 0 : known.some((each) => fits(value, each))
    }
    case 'project':
      return issue.project === { shop: 1, blog: 2 }[text]
    case 'has':
      return issue.kept.some((event) => tagsOf(event, undefined).some(([key]) => key === text))
    default: {
      const ofKey = (event: SentryEvent) =>
        tagsOf(event, undefined).filter(([key]) => key === term.key)
      if (text === '') return issue.kept.every((event) => ofKey(event).length === 0)
      return issue.kept.some((event) => ofKey(event).some(([, tag]) => fits(value, tag)))
    }
  }
}

function compare<T extends string | number>(operator: string, a: T, b: T): boolean {
  if (operator === '>') return a > b
  if (operator === '>=') return a >= b
  if (operator === '<') return a < b
  return operator === '<=' ? a <= b : a === b
}
