import { shortIdOf, type Archive, type Resolution } from '../issues/state.ts'
import { dayMs, dayOf, hourMs, hourOf } from '../digest/span.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { iso, isoOrNull, type Asked, type Row } from './asked.ts'
import { projectBrief } from './project_json.ts'

/** What of an issue every answer about it needs. */
export const issueColumns = `i.*, t.title, t.error_type, t.error_value, t.culprit, t.filename, t.function,
  t.metadata, t.resolution, t.archive`

/** Issues as Sentry's lists have them, in the order of `ids`; what is gone by now is left out. */
export function issuesJson(ids: readonly number[], asked: Asked): JsonRecord[] {
  if (ids.length === 0) return []
  const list = JSON.stringify(ids)
  const rows = asked.rows(
    `select ${issueColumns} from issues i join issue_texts t on t.issue = i.id
     where i.id in (select value from json_each(?))`,
    list,
  )
  const byId = new Map(rows.map((row) => [Number(row['id']), row]))
  const stats = statsOf(ids, asked)
  const counted = (sql: string, ...values: string[]) =>
    new Map(asked.rows(sql, list, ...values).map((row) => [Number(row['issue']), Number(row['n'])]))
  const notes = counted(
    `select issue, count(*) as n from activity where issue in (select value from json_each(?)) and kind = 'note'
       and undone = 0 group by issue`,
  )
  const bookmarked = counted(
    'select issue, 1 as n from bookmarks where issue in (select value from json_each(?)) and actor = ?',
    asked.request.actor,
  )
  const unhandled = counted(
    `select issue, 1 as n from issue_tags where issue in (select value from json_each(?)) and key = 'handled'
       and value = 'no'`,
  )
  return ids.flatMap((id) => {
    const row = byId.get(id)
    if (!row) return []
    return {
      ...issueJson(row, asked),
      numComments: notes.get(id) ?? 0,
      isBookmarked: bookmarked.has(id),
      isUnhandled: unhandled.has(id),
      stats: stats(id),
    }
  })
}

function issueJson(row: Row, asked: Asked): JsonRecord {
  const id = Number(row['id'])
  const project = asked.project(Number(row['project']))
  const title = String(row['title'])
  return {
    id: String(id),
    shareId: null,
    shortId: shortIdOf(project.slug, Number(row['number'])),
    title,
    culprit: String(row['culprit']),
    permalink: permalink(id, asked),
    logger: row['logger'] as string | null,
    level: String(row['level']),
    status: String(row['status']),
    statusDetails: statusDetails(row),
    substatus: row['substatus'] as string | null,
    isPublic: false,
    platform: String(row['platform']),
    project: projectBrief(project),
    type: String(row['type']),
    metadata: metadataOf(row, title),
    numComments: 0,
    assignedTo: assignee(row['assignee']),
    isBookmarked: false,
    isSubscribed: false,
    subscriptionDetails: null,
    hasSeen: true,
    annotations: [],
    issueType: 'error',
    issueCategory: 'error',
    priority: row['priority'] as string,
    isUnhandled: false,
    count: String(row['events']),
    userCount: Number(row['users']),
    firstSeen: iso(Number(row['first_seen_ms'])),
    lastSeen: iso(Number(row['last_seen_ms'])),
  }
}

export const permalink = (issue: number, asked: Asked): string =>
  `${asked.request.baseUrl}/organizations/weir/issues/${issue}/`

function metadataOf(row: Row, title: string): JsonRecord {
  const metadata = JSON.parse(String(row['metadata'])) as JsonRecord
  if (Object.keys(metadata).length > 0) return metadata
  const type = String(row['error_type'])
  if (type === '') return { title }
  return {
    type,
    value: String(row['error_value']),
    filename: String(row['filename']),
    function: String(row['function']),
  }
}

/** Whom an issue is assigned to: a name as it was given. */
export function assignee(name: unknown): JsonRecord | null {
  if (typeof name !== 'string') return null
  const isTeam = name.startsWith('team:') || name.startsWith('#')
  const plain = name.replace(/^(?:team:|#)/, '')
  const email = plain.includes('@') ? { email: plain } : {}
  return { type: isTeam ? 'team' : 'user', id: plain, name: plain, ...email }
}

export function statusDetails(row: Row): JsonRecord {
  if (row['status'] === 'resolved' && typeof row['resolution'] === 'string') {
    const { kind, release, commit, repository, by } = JSON.parse(row['resolution']) as Resolution
    const actor = by === undefined ? {} : { actor: userJson(by) }
    if (kind === 'next_release') return { inNextRelease: true, ...actor }
    if (kind === 'release') return { inRelease: release ?? null, ...actor }
    if (kind === 'commit') {
      return { inCommit: { id: commit ?? null, repository: repository ?? null }, ...actor }
    }
    return actor
  }
  if (row['status'] === 'ignored' && typeof row['archive'] === 'string') {
    const archive = JSON.parse(row['archive']) as Archive
    const windowMinutes = archive.window_ms === undefined ? null : archive.window_ms / 60_000
    return {
      ignoreUntil: isoOrNull(archive.until_ms),
      ignoreCount: archive.events ?? null,
      ignoreUserCount: archive.users ?? null,
      ignoreWindow: archive.events === undefined ? null : windowMinutes,
      ignoreUserWindow: archive.users === undefined ? null : windowMinutes,
      ...(archive.by !== undefined && { actor: userJson(archive.by) }),
    }
  }
  return {}
}

/** Who did something: a name, which is all that Weir knows of people. */
export function userJson(name: string): JsonRecord {
  return {
    id: name,
    name,
    username: name,
    email: name.includes('@') ? name : '',
    avatarUrl: null,
    isActive: true,
  }
}

/** `[[seconds, events], …]` by issue and period, from the oldest to the hour or day under way. */
function statsOf(ids: readonly number[], asked: Asked): (issue: number) => JsonRecord {
  const asks = asked.query.get('groupStatsPeriod') ?? asked.query.get('statsPeriod') ?? '24h'
  if (asks === '') return () => ({})
  const period = asks === '14d' ? '14d' : '24h'
  const [stepMs, steps] = period === '14d' ? [dayMs, 14] : [hourMs, 24]
  const lastMs = period === '14d' ? dayOf(asked.nowMs) : hourOf(asked.nowMs)
  const firstMs = lastMs - (steps - 1) * stepMs
  const rows = asked.rows(
    // Numbers are bound as reals: what is divided by them has a fraction. Days are kept for longer than hours.
    `select issue, cast((ms - ?2) / ?3 as integer) as step, sum(events) as n from (
       select issue, hour_ms as ms, events from issue_hours
       where issue in (select value from json_each(?1)) and hour_ms >= ?2 and hour_ms < ?4
       union all select issue, day_ms, events from issue_days
       where ?3 = ${dayMs} and issue in (select value from json_each(?1)) and day_ms >= ?2 and day_ms < ?4)
     group by 1, 2`,
    JSON.stringify(ids),
    firstMs,
    stepMs,
    lastMs + stepMs,
  )
  const counts = new Map<number, number[]>()
  for (const row of rows) {
    const issue = Number(row['issue'])
    const list = counts.get(issue) ?? Array.from({ length: steps }, () => 0)
    list[Number(row['step'])] = Number(row['n'])
    counts.set(issue, list)
  }
  const none = Array.from({ length: steps }, () => 0)
  return (issue) => ({
    [period]: (counts.get(issue) ?? none).map((events, step): JsonValue => [
      (firstMs + step * stepMs) / 1000,
      events,
    ]),
  })
}
