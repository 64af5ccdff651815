import type { DatabaseSync } from 'node:sqlite'
import { hourMs, hourOf } from '../digest/span.ts'
import { latestRelease } from '../releases/latest.ts'
import type { JsonRecord } from '../../store/search.ts'
import { archiveBase } from './archive_base.ts'
import { IssueLog } from './issue_log.ts'
import type { Archive, Priority, Resolution } from './state.ts'
import { type StoredState, writeState } from './stored_state.ts'

/** What is to be changed of issues; what is absent stays. Times are ms since the epoch. */
export interface IssueChange {
  readonly status?:
    | { readonly to: 'unresolved' }
    | {
        readonly to: 'resolved'
        /** `next_release` without a release: the newest one there is, see `latestRelease`. */
        readonly resolution: Omit<Resolution, 'by' | 'at_ms'>
      }
    | { readonly to: 'ignored'; readonly until: ArchiveUntil }
  /** A name as it is shown; null: nobody. */
  readonly assignee?: string | null
  readonly priority?: Priority
  readonly isBookmarked?: boolean
  readonly isSplitByMessage?: boolean
}

/** Until when issues are archived; empty: for ever. */
export interface ArchiveUntil {
  readonly ms?: number
  /** So many more events, or users; within `windowMs` where that is set. */
  readonly events?: number
  readonly users?: number
  readonly windowMs?: number
  /** Many more events an hour than before. */
  readonly isEscalating?: boolean
}

export interface ChangeWorld {
  readonly database: DatabaseSync
  readonly nowMs: number
  /** Who changes it, as it is shown; undefined: nobody that is known. */
  readonly actor?: string | undefined
}

/** An archived issue escalates when an hour has twice as many events as the busiest one of the week before, or so. */
const escalationFactor = 2
const escalationLeast = 10
const weekMs = 7 * 24 * hourMs

/**
 * Changes issues, each with its line of activity, inside the caller's transaction. Issues that are not there are
 * passed over.
 *
 * @returns how many there were.
 */
export function changeIssues(
  ids: readonly number[],
  change: IssueChange,
  world: ChangeWorld,
): number {
  const log = new IssueLog(world.database)
  const read = world.database.prepare(
    `select i.*, t.resolution, t.archive from issues i join issue_texts t on t.issue = i.id where i.id = ?`,
  )
  let found = 0
  for (const id of ids) {
    const row = read.get(id)
    if (!row) continue
    found += 1
    changeOne(id, row, change, log, world)
  }
  return found
}

type IssueRow = Record<string, unknown>

function changeOne(
  id: number,
  row: IssueRow,
  change: IssueChange,
  log: IssueLog,
  world: ChangeWorld,
): void {
  const { database, nowMs, actor } = world
  const about = { project: Number(row['project']), issue: id, atMs: nowMs, actor }
  const { status, assignee, priority, isBookmarked, isSplitByMessage: isSplit } = change
  if (status) {
    const { after, kind, data } = statusAfter(id, row, status, world)
    const before = pick(row, ['status', 'substatus', 'resolution', 'archive'])
    const isSame = (Object.keys(after) as (keyof StoredState)[]).every(
      (key) => after[key] === row[key],
    )
    if (!isSame) {
      writeState(database, id, after, nowMs)
      log.activity({ ...about, kind, data, undo: before as JsonRecord })
    }
  }
  if (assignee !== undefined && assignee !== row['assignee']) {
    writeState(database, id, { assignee }, nowMs)
    const kind = assignee === null ? 'unassigned' : 'assigned'
    const data = assignee === null ? {} : { assignee }
    log.activity({ ...about, kind, data, undo: { assignee: row['assignee'] as string | null } })
  }
  if (priority !== undefined && priority !== row['priority']) {
    writeState(database, id, { priority }, nowMs)
    const undo = { priority: String(row['priority']) }
    log.activity({ ...about, kind: 'set_priority', data: { priority }, undo })
  }
  if (isBookmarked !== undefined) bookmark(database, id, isBookmarked, world)
  if (isSplit !== undefined && Number(isSplit) !== row['split_by_message']) {
    writeState(database, id, { split: Number(isSplit) }, nowMs)
    const undo = { split: Number(row['split_by_message']) }
    log.activity({ ...about, kind: isSplit ? 'split' : 'unsplit', undo })
  }
}

function statusAfter(
  id: number,
  row: IssueRow,
  to: NonNullable<IssueChange['status']>,
  world: ChangeWorld,
): { after: Partial<StoredState>; kind: string; data: JsonRecord } {
  const { nowMs, actor } = world
  const by = actor === undefined ? {} : { by: actor }
  if (to.to === 'unresolved') {
    const after = { status: 'unresolved', substatus: 'ongoing', resolution: null, archive: null }
    return { after: after as Partial<StoredState>, kind: 'set_unresolved', data: {} }
  }
  if (to.to === 'resolved') {
    const { kind } = to.resolution
    const release = to.resolution.release ?? newestRelease(row, kind, world)
    const resolution: Resolution = {
      ...to.resolution,
      ...(release !== undefined && { release }),
      ...by,
      at_ms: nowMs,
    }
    const after: Partial<StoredState> = {
      status: 'resolved',
      substatus: null,
      resolution: JSON.stringify(resolution),
      archive: null,
    }
    const { commit } = to.resolution
    if (kind === 'now') return { after, kind: 'set_resolved', data: {} }
    if (kind === 'commit') {
      return { after, kind: 'set_resolved_in_commit', data: { commit: commit ?? '' } }
    }
    const version = kind === 'release' ? (release ?? '') : ''
    return { after, kind: 'set_resolved_in_release', data: { version } }
  }
  const { ms, events, users, windowMs, isEscalating } = to.until
  const archive: Archive = {
    ...(ms !== undefined && { until_ms: ms }),
    ...(events !== undefined && { events }),
    ...(users !== undefined && { users }),
    ...(windowMs !== undefined && { window_ms: windowMs }),
    ...(isEscalating && { escalates_above: escalationLimit(id, world) }),
    ...archiveBase(world.database, id, nowMs),
    ...by,
    at_ms: nowMs,
  }
  const hasCondition = ms !== undefined || events !== undefined || users !== undefined
  const after: Partial<StoredState> = {
    status: 'ignored',
    substatus: isEscalating
      ? 'archived_until_escalating'
      : hasCondition
        ? 'archived_until_condition_met'
        : 'archived_forever',
    resolution: null,
    archive: JSON.stringify(archive),
  }
  return { after, kind: 'set_ignored', data: { ...to.until } as JsonRecord }
}

/** The one that "the next release" is behind: of the package that the issue was seen in last. */
function newestRelease(
  row: IssueRow,
  kind: Resolution['kind'],
  { database }: ChangeWorld,
): string | undefined {
  if (kind !== 'next_release' && kind !== 'release') return undefined
  const seenIn = row['last_release'] as string | null
  return latestRelease(database, Number(row['project']), seenIn ?? undefined)
}

function escalationLimit(issue: number, { database, nowMs }: ChangeWorld): number {
  const row = database
    .prepare('select max(events) as most from issue_hours where issue = ? and hour_ms >= ?')
    .get(issue, hourOf(nowMs - weekMs))
  return Math.max(escalationLeast, Number(row?.['most'] ?? 0) * escalationFactor)
}

function bookmark(database: DatabaseSync, issue: number, isSet: boolean, world: ChangeWorld): void {
  const actor = world.actor ?? ''
  if (isSet) {
    database
      .prepare('insert or ignore into bookmarks (issue, actor, at_ms) values (?, ?, ?)')
      .run(issue, actor, world.nowMs)
  } else database.prepare('delete from bookmarks where issue = ? and actor = ?').run(issue, actor)
}

const pick = (row: IssueRow, keys: readonly (keyof StoredState)[]): Partial<StoredState> =>
  Object.fromEntries(keys.map((key) => [key, row[key] ?? null]))
