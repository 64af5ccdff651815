import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { printable } from '../ask/event_line.ts'
import { contextLines, extraLines } from './value_lines.ts'

const text = (value: unknown): string =>
  printable(typeof value === 'string' ? value : String(value ?? ''))
const record = (value: unknown): JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : {}
const list = (value: unknown): JsonRecord[] => (Array.isArray(value) ? (value as JsonRecord[]) : [])

/** Breadcrumbs that are shown: the last ones. */
const crumbsMax = 20

/** One event for people: what was thrown with its code, breadcrumbs, request, user, tags, what the program added. */
export function eventText(event: JsonRecord): string {
  const entries = list(event['entries'])
  const entry = (type: string) => record(entries.find((each) => each['type'] === type)?.['data'])
  const lines = [`Event ${text(event['eventID'])}  ${text(event['dateCreated'])}`]
  const message = entry('message')['formatted']
  if (message !== undefined) lines.push(`  ${text(message).replaceAll('\n', '\n  ')}`)
  // The outermost was thrown last: what caused it follows.
  for (const exception of list(entry('exception')['values']).toReversed()) {
    lines.push('', ...exceptionLines(exception))
  }
  for (const thread of list(entry('threads')['values'])) {
    if (thread['crashed'] !== true || entry('exception')['values'] !== undefined) continue
    lines.push(
      '',
      `Thread ${text(thread['name'] ?? thread['id'])}`,
      ...stackLines(thread['stacktrace']),
    )
  }
  const crumbs = list(entry('breadcrumbs')['values'])
  if (crumbs.length > 0) lines.push('', 'Breadcrumbs', ...crumbs.slice(-crumbsMax).map(crumbLine))
  const request = entry('request')
  if (request['url'] != null) {
    lines.push('', `Request  ${text(request['method'] ?? 'GET')} ${text(request['url'])}`)
  }
  const user = Object.entries(record(event['user'])).filter(
    ([, value]) => typeof value === 'string',
  )
  if (user.length > 0) {
    lines.push('', `User     ${user.map(([key, value]) => `${key} ${text(value)}`).join(', ')}`)
  }
  const tags = list(event['tags'])
  if (tags.length > 0) {
    lines.push('', 'Tags', ...tags.map(({ key, value }) => `  ${text(key)}: ${text(value)}`))
  }
  // Sentry's name of `extra` is `context`.
  lines.push(...extraLines(record(event['context'])), ...contextLines(record(event['contexts'])))
  const errors = list(event['errors'])
  if (errors.length > 0) {
    lines.push(
      '',
      'Problems with the event',
      ...errors.map(({ message: what }) => `  ${text(what)}`),
    )
  }
  return lines.join('\n')
}

function exceptionLines(exception: JsonRecord): string[] {
  const { type, value } = exception
  const { handled } = record(exception['mechanism'])
  const note = handled === false ? '  (not handled)' : ''
  const what = [text(type), text(value)].filter((part) => part !== '').join(': ')
  return [`${what}${note}`, ...stackLines(exception['stacktrace'])]
}

/** The frame that threw first. */
function stackLines(stacktrace: JsonValue | undefined): string[] {
  return list(record(stacktrace)['frames']).toReversed().flatMap(frameLines)
}

function frameLines(frame: JsonRecord): string[] {
  const { filename, module, lineNo, colNo, function: name, inApp } = frame
  const place = [text(filename ?? module ?? '?'), lineNo, colNo]
    .filter((part) => part != null)
    .join(':')
  const unmapped = record(frame['data'])['unmapped']
  const notes = [
    ...(inApp === true ? [] : ['library']),
    ...(unmapped === undefined ? [] : [`not mapped: ${text(unmapped)}`]),
  ]
  const head = `  ${place}${name == null ? '' : ` in ${text(name)}`}${notes.length > 0 ? `  (${notes.join('; ')})` : ''}`
  if (inApp !== true || !Array.isArray(frame['context'])) return [head]
  const context = frame['context'] as [number, string][]
  const near = context.filter(([line]) => Math.abs(line - Number(lineNo)) <= 2)
  return [
    head,
    ...near.map(
      ([line, code]) =>
        `    ${line === lineNo ? '>' : ' '}${String(line).padStart(5)} | ${text(code)}`,
    ),
  ]
}

function crumbLine(crumb: JsonRecord): string {
  const time = text(crumb['timestamp'] ?? '').slice(11, 23)
  const what = crumb['message'] ?? JSON.stringify(crumb['data'] ?? {})
  const parts = [
    time.padEnd(12),
    text(crumb['level']).padEnd(7),
    text(crumb['category'] ?? crumb['type']),
    text(what).replaceAll(/\s+/g, ' ').slice(0, 160),
  ]
  return `  ${parts.join('  ')}`
}
