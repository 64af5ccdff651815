import type { JsonRecord } from '../../store/search.ts'
import { printable } from '../ask/event_line.ts'
import { formatTable } from '../table.ts'

const text = (value: unknown): string =>
  printable(typeof value === 'string' ? value : String(value ?? ''))
const oneLine = (value: unknown): string => text(value).replaceAll(/\s+/g, ' ')

/** `5m ago`, for people; the whole time where it is longer ago than a month. */
export function ago(iso: unknown, nowMs: number): string {
  const ms = nowMs - Date.parse(String(iso))
  if (!(ms >= 0) || ms > 30 * 86_400_000) return String(iso).slice(0, 19)
  if (ms < 60_000) return `${Math.floor(ms / 1000)}s ago`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)}m ago`
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)}h ago`
  return `${Math.floor(ms / 86_400_000)}d ago`
}

/** Issues as a table, one a line. */
export function issueTable(issues: readonly JsonRecord[], nowMs: number): string {
  const rows = issues.map((issue) => [
    oneLine(issue['shortId']),
    oneLine(issue['count']),
    oneLine(issue['userCount']),
    ago(issue['lastSeen'], nowMs),
    oneLine(issue['level']),
    oneLine(issue['substatus'] ?? issue['status']),
    oneLine(issue['title']).slice(0, 120),
  ])
  return formatTable(['ISSUE', 'EVENTS', 'USERS', 'LAST SEEN', 'LEVEL', 'STATUS', 'TITLE'], rows)
}

/** One issue: title, how it stands, counts, commonest tags. */
export function issueText(issue: JsonRecord, tags: readonly JsonRecord[], nowMs: number): string {
  const assigned = issue['assignedTo'] as { name?: string } | null
  const release = (key: string) => (issue[key] as { version?: string } | null)?.version
  const [first, last] = [release('firstRelease'), release('lastRelease')]
  const releases = [...new Set([first, last].filter((name) => name !== undefined))].map(text)
  const lines = [
    `${oneLine(issue['shortId'])}  ${oneLine(issue['title'])}`,
    `  ${[statusText(issue), issue['level'], issue['platform'], issue['culprit']].map(oneLine).filter(Boolean).join(' · ')}`,
    `  ${counted(issue['count'], 'event')}, ${counted(issue['userCount'], 'user')}, ${oneLine(issue['keptEvents'])} kept · first seen ${ago(issue['firstSeen'], nowMs)}, last ${ago(issue['lastSeen'], nowMs)}`,
    ...(releases.length > 0 ? [`  releases ${releases.join(' to ')}`] : []),
    ...(assigned?.name === undefined ? [] : [`  assigned to ${text(assigned.name)}`]),
    `  ${text(issue['permalink'])}`,
  ]
  const shown = tags.map((tag) => {
    const values = (tag['topValues'] as JsonRecord[]).slice(0, 3)
    const each = values.map((value) => `${oneLine(value['value'])} (${String(value['count'])})`)
    const more = Number(tag['uniqueValues']) - values.length
    return `  ${oneLine(tag['key'])}: ${each.join(', ')}${more > 0 ? `, and ${more} more` : ''}`
  })
  return [...lines, ...(shown.length > 0 ? ['', 'Tags', ...shown] : [])].join('\n')
}

const counted = (count: unknown, what: string): string =>
  `${oneLine(count)} ${what}${String(count) === '1' ? '' : 's'}`

function statusText(issue: JsonRecord): string {
  const details = (issue['statusDetails'] ?? {}) as JsonRecord
  const notes = Object.entries(details).flatMap(([key, value]) =>
    key === 'actor' || value === null
      ? []
      : [`${key} ${value === true ? '' : JSON.stringify(value)}`.trim()],
  )
  const status = `${String(issue['status'])}${issue['substatus'] ? ` (${String(issue['substatus'])})` : ''}`
  return notes.length > 0 ? `${status}: ${notes.join(', ')}` : status
}
