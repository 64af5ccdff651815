import type { JsonValue } from '../../store/search.ts'
import type { SentryEvent, Stacktrace } from '../event/sentry_event.ts'
import type { EventFacts } from './facts.ts'

/** Most characters of a column: beyond it words of the event are not found. */
const columnMax = 8192

/** What can be searched inside of a kept event, a text for each column of `event_words`. */
export function wordsOf({ grouping, tags }: EventFacts, event: SentryEvent) {
  return {
    type: (event.exception?.values ?? []).map(({ type }) => type ?? '').join(' '),
    message: cut([
      grouping.title,
      event.logentry?.formatted ?? '',
      ...(event.exception?.values ?? []).map(({ value }) => value ?? ''),
      grouping.culprit,
      event.transaction ?? '',
    ]),
    frames: framesOf(event),
    tags: cut(tags.map(([key, value]) => `${key} ${value}`)),
    user: cut(Object.values(event.user ?? {}).filter((value) => typeof value === 'string')),
    request: cut([
      event.request?.url ?? '',
      event.request?.method ?? '',
      ...(event.request?.query_string ?? []).flat().map((part) => part ?? ''),
      textOf(event.request?.data),
      ...(event.request?.headers ?? []).flat(),
    ]),
    breadcrumbs: cut(
      (event.breadcrumbs?.values ?? []).map(
        ({ category, message, data }) => `${category ?? ''} ${message ?? ''} ${textOf(data)}`,
      ),
    ),
  }
}

/** Each file and function once: frames repeat them, and lines of context would fill the index. */
function framesOf(event: SentryEvent): string {
  const texts = new Set<string>()
  const add = (stacktrace: Stacktrace | undefined) => {
    for (const { filename, module, function: name } of stacktrace?.frames ?? []) {
      if (filename !== undefined) texts.add(filename)
      if (module !== undefined) texts.add(module)
      if (name !== undefined) texts.add(name)
    }
  }
  for (const { stacktrace } of event.exception?.values ?? []) add(stacktrace)
  for (const { stacktrace } of event.threads?.values ?? []) add(stacktrace)
  add(event.stacktrace)
  return cut(texts)
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function cut(texts: Iterable<string>): string {
  let all = ''
  for (const text of texts) {
    if (text === '') continue
    all += all === '' ? text : `\n${text}`
    if (all.length >= columnMax) return all.slice(0, columnMax)
  }
  return all
}
