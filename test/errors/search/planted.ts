import { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync } from 'node:zlib'
import { migrate } from '../../../errors/database/schema.ts'
import { userNumberOf, userOf } from '../../../errors/digest/facts.ts'
import { tagsOf } from '../../../errors/digest/tags.ts'
import { wordsOf } from '../../../errors/digest/words.ts'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import { orderOf } from '../../../errors/releases/order.ts'

/** An issue as a test has it: everything that a search can ask. */
export interface PlantedIssue {
  readonly id: number
  readonly project: number
  readonly level: string
  readonly status: string
  readonly substatus: string | null
  readonly assignee: string | null
  readonly title: string
  readonly culprit: string
  readonly errorType: string
  readonly errorValue: string
  readonly platform: string
  readonly firstSeenMs: number
  readonly lastSeenMs: number
  readonly events: number
  readonly users: number
  readonly bookmarkedBy: readonly string[]
  /** What is counted comes from these; all are kept. */
  readonly kept: readonly SentryEvent[]
}

export const eventIdOf = (issue: number, place: number): string =>
  `${issue.toString(16).padStart(16, '0')}${place.toString(16).padStart(16, '0')}`

/** errors.sqlite in memory with these issues, written as simply as can be. */
export function plant(issues: readonly PlantedIssue[]): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  migrate(database, ':memory:')
  const run = (sql: string, ...values: (string | number | bigint | null | Uint8Array)[]) =>
    database.prepare(sql).run(...values)
  for (const issue of issues) {
    const { id, project, level, status, substatus, assignee, platform } = issue
    const releases = issue.kept.flatMap(({ release }) => release ?? [])
    run(
      `insert into issues (id, project, number, type, level, status, substatus, status_changed_ms, first_seen_ms,
         last_seen_ms, events, users, kept, assignee, first_release, last_release, platform)
       values (?, ?, ?, 'error', ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      project,
      id,
      level,
      status,
      substatus,
      issue.firstSeenMs,
      issue.lastSeenMs,
      issue.events,
      issue.users,
      issue.kept.length,
      assignee,
      releases[0] ?? null,
      releases.at(-1) ?? null,
      platform,
    )
    run(
      'insert into issue_texts (issue, title, error_type, error_value, culprit) values (?, ?, ?, ?, ?)',
      id,
      issue.title,
      issue.errorType,
      issue.errorValue,
      issue.culprit,
    )
    for (const actor of issue.bookmarkedBy) run('insert into bookmarks values (?, ?, 0)', id, actor)
    for (const [place, event] of issue.kept.entries()) plantEvent(database, issue, event, place)
  }
  return database
}

function plantEvent(
  database: DatabaseSync,
  { id, project, title, culprit }: PlantedIssue,
  event: SentryEvent,
  place: number,
): void {
  const run = (sql: string, ...values: (string | number | bigint | null | Uint8Array)[]) =>
    database.prepare(sql).run(...values)
  const user = userOf(event.user)
  const tags = tagsOf(event, user)
  const row = run(
    `insert into events (project, event_id, issue, hash, received_ms, timestamp_ms, level, release, environment,
       user, trace_id, why, bytes) values (?, ?, ?, 'h', 0, ?, ?, ?, ?, ?, ?, 1, 0)`,
    project,
    Buffer.from(eventIdOf(id, place), 'hex'),
    id,
    event.timestamp * 1000,
    event.level,
    event.release ?? null,
    event.environment ?? null,
    user ?? null,
    (event.contexts?.['trace']?.['trace_id'] as string | undefined) ?? null,
  ).lastInsertRowid
  run('insert into event_bodies values (?, ?)', row, zstdCompressSync(JSON.stringify(event)))
  const words = wordsOf({ tags, grouping: { title, culprit } } as never, event)
  run(
    `insert into event_words (rowid, type, message, frames, tags, user, request, breadcrumbs)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
    row,
    words.type,
    words.message,
    words.frames,
    words.tags,
    words.user,
    words.request,
    words.breadcrumbs,
  )
  for (const [key, value] of tags) {
    run(
      `insert into issue_tags values (?, ?, ?, 1, 0, 0) on conflict do update set events = events + 1`,
      id,
      key,
      value,
    )
  }
  if (user !== undefined) {
    run('insert into issue_users values (?, ?, 0) on conflict do nothing', id, userNumberOf(user))
  }
  const { release, environment } = event
  if (environment !== undefined) {
    run(
      'insert into issue_environments values (?, ?, 1, 0, 0) on conflict do nothing',
      id,
      environment,
    )
  }
  if (release !== undefined) {
    run('insert into issue_releases values (?, ?, 1, 0, 0) on conflict do nothing', id, release)
    const { package: name, sort } = orderOf(release)
    run(
      'insert into releases (project, version, package, sort, created_ms) values (?, ?, ?, ?, ?) on conflict do nothing',
      project,
      release,
      name,
      sort,
      1,
    )
  }
}
