import type { IssueChange } from '../issues/change.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { momentOf } from '../search/moment.ts'
import { invalid } from './web_request.ts'

const minuteMs = 60_000
const textMax = 250

/** Keys of a body. Of the last ones Weir has no use; Sentry's own pages send them, so they are taken without a word. */
const known = new Set(
  `status statusDetails substatus assignedTo assignedBy isBookmarked priority merge splitByMessage
   snoozeDuration ignoreDuration ignoreCount ignoreWindow ignoreUserCount ignoreUserWindow ignoreUntil
   inNextRelease inRelease inCommit
   hasSeen isPublic isSubscribed inbox integration id`.split(/\s+/),
)

/**
 * What a body of Sentry's issue endpoints changes (docs.sentry.io/api/events/update-an-issue).
 *
 * @param actor who `me` is.
 * @throws WebRefusal 400 naming the key.
 */
export function changeOf(body: JsonRecord, actor: string, nowMs: number): IssueChange {
  for (const key of Object.keys(body)) {
    if (key === 'discard') throw invalid('discard: not supported: archive the issue instead')
    if (!known.has(key)) throw invalid(`${key.slice(0, 50)}: nothing that can be changed`)
  }
  const change: { -readonly [Key in keyof IssueChange]: IssueChange[Key] } = {}
  const status = statusOf(body, nowMs)
  if (status) change.status = status
  if (body['assignedTo'] !== undefined) change.assignee = assigneeOf(body['assignedTo'], actor)
  if (body['isBookmarked'] !== undefined) change.isBookmarked = flag(body, 'isBookmarked')
  if (body['splitByMessage'] !== undefined) change.isSplitByMessage = flag(body, 'splitByMessage')
  const { priority } = body
  if (priority !== undefined) {
    if (priority !== 'high' && priority !== 'medium' && priority !== 'low') {
      throw invalid('priority: expected high, medium or low')
    }
    change.priority = priority
  }
  return change
}

function flag(body: JsonRecord, key: string): boolean {
  const value = body[key]
  if (typeof value !== 'boolean') throw invalid(`${key}: expected true or false`)
  return value
}

/** A name as it is shown: Sentry's prefixes (`user:`) go, a team's stays. */
function assigneeOf(value: JsonValue | undefined, actor: string): string | null {
  const text =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? value['id'] : value
  if (text === null || text === '') return null
  if (typeof text !== 'string' || text.length > textMax) {
    throw invalid(`assignedTo: expected a name of at most ${textMax} characters, or "" for nobody`)
  }
  return text === 'me' ? actor : text.replace(/^user:/, '')
}

function statusOf(body: JsonRecord, nowMs: number): IssueChange['status'] | undefined {
  const details = { ...body, ...detailsOf(body) }
  switch (body['status']) {
    case undefined:
      if (body['substatus'] === 'archived_until_escalating') break
      return undefined
    case 'unresolved':
      return { to: 'unresolved' }
    case 'resolved':
      return { to: 'resolved', resolution: resolutionOf(details) }
    case 'resolvedInNextRelease':
      return { to: 'resolved', resolution: { kind: 'next_release' } }
    case 'ignored':
    case 'muted':
    case 'archived':
      break
    default:
      throw invalid('status: expected resolved, resolvedInNextRelease, unresolved or ignored')
  }
  const isEscalating = body['substatus'] === 'archived_until_escalating'
  return {
    to: 'ignored',
    until: { ...untilOf(details, nowMs), ...(isEscalating && { isEscalating }) },
  }
}

function detailsOf(body: JsonRecord): JsonRecord {
  const details = body['statusDetails'] ?? {}
  if (typeof details === 'object' && !Array.isArray(details)) return details
  throw invalid('statusDetails: expected an object')
}

type Resolved = Extract<NonNullable<IssueChange['status']>, { to: 'resolved' }>['resolution']

function resolutionOf(details: JsonRecord): Resolved {
  const { inNextRelease, inRelease, inCommit } = details
  if (inNextRelease === true) return { kind: 'next_release' }
  if (inRelease !== undefined && inRelease !== null) {
    if (typeof inRelease !== 'string' || inRelease === '' || inRelease.length > textMax) {
      throw invalid('statusDetails.inRelease: expected a version, or "latest"')
    }
    return inRelease === 'latest' ? { kind: 'release' } : { kind: 'release', release: inRelease }
  }
  if (inCommit === undefined || inCommit === null) return { kind: 'now' }
  const given = typeof inCommit === 'string' ? { commit: inCommit } : (inCommit as JsonRecord)
  const commit = given['commit'] ?? given['id']
  if (typeof commit !== 'string' || !/^[0-9a-zA-Z]{4,64}$/.test(commit)) {
    throw invalid('statusDetails.inCommit: expected {"commit":"<id>","repository":"<name>"}')
  }
  const { repository } = given
  return { kind: 'commit', commit, ...(typeof repository === 'string' && { repository }) }
}

/** Within how many minutes, and what. */
const windows = [
  ['ignoreWindow', 'ignoreCount'],
  ['ignoreUserWindow', 'ignoreUserCount'],
] as const

type Until = Extract<NonNullable<IssueChange['status']>, { to: 'ignored' }>['until']

function untilOf(details: JsonRecord, nowMs: number): Until {
  const number = (key: string): number | undefined => {
    const value = details[key]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 1e9)
      return value
    throw invalid(`${key}: expected a whole number above 0`)
  }
  const minutes = number('ignoreDuration') ?? number('snoozeDuration')
  const [events, users] = [number('ignoreCount'), number('ignoreUserCount')]
  for (const [window, count] of windows) {
    if (number(window) !== undefined && number(count) === undefined) {
      throw invalid(`${count}: ${window} needs it: how many within that time`)
    }
  }
  const window = events === undefined ? number('ignoreUserWindow') : number('ignoreWindow')
  const untilMs =
    minutes === undefined ? untilText(details['ignoreUntil']) : nowMs + minutes * minuteMs
  return {
    ...(untilMs !== undefined && { ms: untilMs }),
    ...(events !== undefined && { events }),
    ...(users !== undefined && { users }),
    ...(window !== undefined && { windowMs: window * minuteMs }),
  }
}

function untilText(value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  const ms = typeof value === 'string' ? momentOf(value) : undefined
  if (ms === undefined) throw invalid('ignoreUntil: expected a time such as 2026-01-31T12:00:00Z')
  return ms
}
