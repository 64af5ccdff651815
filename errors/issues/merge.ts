import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { DatabaseSync } from 'node:sqlite'
import { userNumberOf } from '../digest/facts.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { Grouping } from '../grouping/grouping.ts'
import { keepingArchive } from './archive_base.ts'
import type { ChangeWorld } from './change.ts'
import { IssueLog } from './issue_log.ts'
import { showLatestEvent } from './latest_event.ts'
import { lastNumber } from './numbers.ts'
import { ofMergedIssue } from './undo.ts'

type Row = Record<string, string | number | bigint | null>

/** Tables of counts, and what a row of an issue is known by in each. */
const counted = [
  { table: 'issue_hours', keys: ['hour_ms'], spans: false },
  { table: 'issue_days', keys: ['day_ms'], spans: false },
  { table: 'issue_releases', keys: ['release'], spans: true },
  { table: 'issue_environments', keys: ['environment'], spans: true },
  { table: 'issue_tags', keys: ['key', 'value'], spans: true },
] as const

interface UnmergeWorld extends ChangeWorld {
  readonly group: (project: number, event: SentryEvent) => Grouping
}

/** What a merged issue was: what unmerging brings back. Numbers of users are texts, since JSON has no 64 bits. */
interface Saved {
  readonly issue: Row
  readonly texts: Row
  readonly hashes: readonly string[]
  readonly counts: Readonly<Record<string, readonly Row[]>>
  /** Those that the other issue did not have; and all. */
  readonly newUsers: readonly string[]
  readonly users: readonly (readonly [user: string, firstMs: number])[]
}

/**
 * Merges issues into another one, inside the caller's transaction: hashes, kept events, counts and activity are the
 * other's from now on. Exact numbers stay exact. Only issues of one project are merged.
 *
 * @returns ids of those that were.
 */
export function mergeIssues(into: number, ids: readonly number[], world: ChangeWorld): number[] {
  const { database, nowMs, actor } = world
  const project = database.prepare('select project from issues where id = ?').get(into)?.['project']
  if (project === undefined) return []
  const merged: number[] = []
  for (const id of new Set(ids)) {
    const row = database.prepare('select * from issues where id = ?').get(id)
    if (!row || id === into || row['project'] !== project) continue
    keepingArchive(database, into, nowMs, () => mergeOne(into, id, row as Row, world))
    merged.push(id)
  }
  if (merged.length > 0) {
    new IssueLog(database).activity({
      project: Number(project),
      issue: into,
      kind: 'merge',
      atMs: nowMs,
      actor,
      data: { issues: merged.map((id) => ({ id: String(id) })) },
    })
  }
  return merged
}

function mergeOne(into: number, id: number, row: Row, { database, nowMs }: ChangeWorld): void {
  const all = (sql: string, ...values: (string | number)[]) =>
    database.prepare(sql).all(...values) as Row[]
  const run = (sql: string, ...values: (string | number | Uint8Array)[]) =>
    database.prepare(sql).run(...values)
  const userRows = all(
    `select cast(u.user as text) as user, u.first_seen_ms,
       exists (select 1 from issue_users o where o.issue = ? and o.user = u.user) as known
     from issue_users u where u.issue = ?`,
    into,
    id,
  )
  const saved: Saved = {
    issue: row,
    texts: all('select * from issue_texts where issue = ?', id)[0]!,
    hashes: all('select hash from issue_hashes where issue = ?', id).map(({ hash }) =>
      String(hash),
    ),
    counts: Object.fromEntries(
      counted.map(({ table }) => [table, all(`select * from ${table} where issue = ?`, id)]),
    ),
    newUsers: userRows.filter(({ known }) => known === 0).map(({ user }) => String(user)),
    users: userRows.map((user) => [String(user['user']), Number(user['first_seen_ms'])]),
  }
  for (const { table, keys, spans } of counted) {
    const names = [...keys, 'events', ...(spans ? ['first_seen_ms', 'last_seen_ms'] : [])].join(
      ', ',
    )
    const wider = spans
      ? ', first_seen_ms = min(first_seen_ms, excluded.first_seen_ms), last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)'
      : ''
    run(
      `insert into ${table} (issue, ${names}) select ?, ${names} from ${table} where issue = ?
       on conflict do update set events = events + excluded.events${wider}`,
      into,
      id,
    )
    run(`delete from ${table} where issue = ?`, id)
  }
  run(
    `insert into issue_users (issue, user, first_seen_ms) select ?, user, first_seen_ms from issue_users where issue = ?
     on conflict do update set first_seen_ms = min(first_seen_ms, excluded.first_seen_ms)`,
    into,
    id,
  )
  run('delete from issue_users where issue = ?', id)
  for (const table of ['events', 'attachments', 'feedback', 'issue_hashes']) {
    run(`update ${table} set issue = ? where issue = ?`, into, id)
  }
  run('update activity set issue = ?, undo = ? where issue = ?', into, ofMergedIssue, id)
  run('update or ignore bookmarks set issue = ? where issue = ?', into, id)
  run('delete from bookmarks where issue = ?', id)
  run('update merged_issues set into_issue = ? where into_issue = ?', into, id)
  run('delete from issue_texts where issue = ?', id)
  run('delete from issues where id = ?', id)
  run(
    `update issues set events = events + ?2, users = users + ?3, kept = kept + ?4,
       first_seen_ms = min(first_seen_ms, ?5), last_seen_ms = max(last_seen_ms, ?6) where id = ?1`,
    into,
    Number(row['events']),
    Number(row['users']) - (userRows.length - saved.newUsers.length),
    Number(row['kept']),
    Number(row['first_seen_ms']),
    Number(row['last_seen_ms']),
  )
  run(
    `insert or replace into merged_issues (issue, project, number, into_issue, at_ms, saved) values (?, ?, ?, ?, ?, ?)`,
    id,
    Number(row['project']),
    Number(row['number']),
    into,
    nowMs,
    zstdCompressSync(Buffer.from(JSON.stringify(saved))),
  )
}

/**
 * Takes hashes out of an issue. Those of an issue that was merged in bring it back as it was then, with its number;
 * others become a new issue, with their exact number of events, and the counts of their kept events. What came since
 * the merge is filed by hash: kept events, with their users, and the hashes' own numbers go along. What is shown of each follows its
 * latest kept event.
 *
 * @returns ids of the issues that have the hashes now.
 */
export function unmerge(issue: number, hashes: readonly string[], world: UnmergeWorld): number[] {
  const { database, nowMs, actor } = world
  const row = database.prepare('select * from issues where id = ?').get(issue) as Row | undefined
  if (!row) return []
  const own = new Set(
    database
      .prepare('select hash from issue_hashes where issue = ?')
      .all(issue)
      .map(({ hash }) => String(hash)),
  )
  const rest = new Set(hashes.filter((hash) => own.has(hash)))
  // One hash has to stay, or there would be nothing left.
  if (rest.size === 0 || rest.size >= own.size) return []
  const made = keepingArchive(database, issue, nowMs, () => moveOut(issue, row, rest, own, world))
  for (const id of [issue, ...made]) showLatestEvent(database, id, world.group)
  const log = new IssueLog(database)
  const about = { project: Number(row['project']), atMs: nowMs, actor }
  for (const id of made) {
    log.activity({ ...about, issue, kind: 'unmerge', data: { destination: String(id) } })
    log.activity({ ...about, issue: id, kind: 'unmerge', data: { source: String(issue) } })
  }
  return made
}

/** Moves the hashes of `rest` to issues that were merged in, or else to a new one. @param own all of the issue's. */
function moveOut(
  issue: number,
  row: Row,
  rest: Set<string>,
  own: ReadonlySet<string>,
  world: ChangeWorld,
): number[] {
  const { database } = world
  const made: number[] = []
  const mergedRows = database
    .prepare('select issue, saved from merged_issues where into_issue = ? order by at_ms desc')
    .all(issue)
  for (const merged of mergedRows) {
    const saved = JSON.parse(zstdDecompressSync(merged['saved'] as Uint8Array).toString()) as Saved
    if (!saved.hashes.some((hash) => rest.has(hash))) continue
    if (!saved.hashes.every((hash) => rest.has(hash) || !own.has(hash))) continue
    restore(issue, Number(merged['issue']), saved, database)
    for (const hash of saved.hashes) rest.delete(hash)
    made.push(Number(merged['issue']))
  }
  if (rest.size > 0) made.push(separate(issue, row, [...rest], world))
  return made
}

/** Brings a merged issue back, and takes its counts out of the one that had them. */
function restore(from: number, id: number, saved: Saved, database: DatabaseSync): void {
  insert(database, 'issues', saved.issue)
  insert(database, 'issue_texts', saved.texts)
  for (const { table, keys } of counted) {
    const same = keys.map((key) => `${key} = ?`).join(' and ')
    const less = database.prepare(
      `update ${table} set events = events - ? where issue = ? and ${same}`,
    )
    for (const row of saved.counts[table] ?? []) {
      insert(database, table, row)
      less.run(row['events']!, from, ...keys.map((key) => row[key]!))
    }
    database.prepare(`delete from ${table} where issue = ? and events <= 0`).run(from)
  }
  const user = database.prepare(
    'insert or ignore into issue_users (issue, user, first_seen_ms) values (?, ?, ?)',
  )
  for (const [number, firstMs] of saved.users) user.run(id, BigInt(number), firstMs)
  const forget = database.prepare('delete from issue_users where issue = ? and user = ?')
  for (const number of saved.newUsers) forget.run(from, BigInt(number))
  const before = Number(saved.issue['events'])
  // Since the merge, by hash.
  const now = moveHashes(database, from, id, saved.hashes)
  const events = Math.max(before, now)
  database.prepare('update issues set events = ? where id = ?').run(events, id)
  database
    .prepare(
      'update issues set events = max(0, events - ?), users = max(0, users - ?) where id = ?',
    )
    .run(events, saved.newUsers.length, from)
  database.prepare('delete from merged_issues where issue = ?').run(id)
  recountKept(database, [from, id])
  addKeptUsers(database, [from, id])
}

/** A new issue for hashes that never had one of their own. */
function separate(
  from: number,
  row: Row,
  hashes: readonly string[],
  { database, nowMs }: ChangeWorld,
): number {
  const project = Number(row['project'])
  const { id: _, ...copied } = row
  const made = insert(database, 'issues', {
    ...copied,
    number: lastNumber(database, project) + 1,
    events: 0,
    users: 0,
    kept: 0,
    status: 'unresolved',
    substatus: 'ongoing',
    status_changed_ms: nowMs,
  })
  const texts = database.prepare('select * from issue_texts where issue = ?').get(from) as Row
  insert(database, 'issue_texts', { ...texts, issue: made, resolution: null, archive: null })
  const events = moveHashes(database, from, made, hashes)
  const span = database
    .prepare(
      'select min(first_seen_ms) as first, max(last_seen_ms) as last from issue_hashes where issue = ?',
    )
    .get(made)
  database
    .prepare('update issues set events = ?, first_seen_ms = ?, last_seen_ms = ? where id = ?')
    .run(events, span!['first']!, span!['last']!, made)
  database.prepare('update issues set events = max(0, events - ?) where id = ?').run(events, from)
  database
    .prepare(
      `insert into issue_hours (issue, hour_ms, events)
       select issue, timestamp_ms - timestamp_ms % 3600000, count(*) from events where issue = ? group by 1, 2`,
    )
    .run(made)
  for (const [table, key] of [
    ['issue_releases', 'release'],
    ['issue_environments', 'environment'],
  ]) {
    database
      .prepare(
        `insert into ${table} (issue, ${key}, events, first_seen_ms, last_seen_ms)
         select issue, ${key}, count(*), min(timestamp_ms), max(timestamp_ms) from events
         where issue = ? and ${key} is not null group by 1, 2`,
      )
      .run(made)
  }
  recountKept(database, [from, made])
  addKeptUsers(database, [made])
  return made
}

/** Hashes, and the kept events filed under them. @returns how many events the hashes had. */
function moveHashes(
  database: DatabaseSync,
  from: number,
  to: number,
  hashes: readonly string[],
): number {
  const list = JSON.stringify(hashes)
  const those = 'hash in (select value from json_each(?))'
  database
    .prepare(`update issue_hashes set issue = ? where issue = ? and ${those}`)
    .run(to, from, list)
  const ids = database
    .prepare(`update events set issue = ? where issue = ? and ${those} returning event_id`)
    .all(to, from, list)
  for (const table of ['attachments', 'feedback']) {
    const move = database.prepare(`update ${table} set issue = ? where event_id = ? and issue = ?`)
    for (const { event_id: eventId } of ids) move.run(to, eventId!, from)
  }
  const sum = database
    .prepare('select ifnull(sum(events), 0) as n from issue_hashes where issue = ?')
    .get(to)
  return Number(sum?.['n'])
}

function recountKept(database: DatabaseSync, issues: readonly number[]): void {
  const statement = database.prepare(
    'update issues set kept = (select count(*) from events where issue = ?1) where id = ?1',
  )
  for (const id of issues) statement.run(id)
}

/** Users of kept events are those of the issue; whose the other events were nobody knows. */
function addKeptUsers(database: DatabaseSync, issues: readonly number[]): void {
  const users = database.prepare(
    'select user, min(timestamp_ms) as first from events where issue = ? and user is not null group by user',
  )
  const add = database.prepare(
    'insert or ignore into issue_users (issue, user, first_seen_ms) values (?, ?, ?)',
  )
  const count = database.prepare('update issues set users = users + ? where id = ?')
  for (const id of issues) {
    let added = 0
    for (const { user, first } of users.all(id)) {
      added += Number(add.run(id, userNumberOf(String(user)), first!).changes)
    }
    count.run(added, id)
  }
}

/** @param row by column, as it was read from the same table. @returns its id. */
function insert(database: DatabaseSync, table: string, row: Row): number {
  const columns = Object.keys(row)
  const marks = columns.map(() => '?').join(', ')
  const sql = `insert into ${table} (${columns.join(', ')}) values (${marks})`
  return Number(database.prepare(sql).run(...Object.values(row)).lastInsertRowid)
}
