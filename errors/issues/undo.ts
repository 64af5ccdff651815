import type { JsonRecord } from '../../store/search.ts'
import type { ChangeWorld } from './change.ts'
import { IssueLog } from './issue_log.ts'
import { type StoredState, writeState } from './stored_state.ts'

/** A change of the same kind that came after the one that was to be taken back. */
export interface NewerChange {
  readonly kind: string
  readonly data: JsonRecord
  /** Undefined: by itself, or by nobody that is known. */
  readonly actor: string | undefined
  readonly atMs: number
}

/** Kinds of activity of which each says what an issue is from then on, by what they change. */
const kinds = {
  status: [
    'set_resolved',
    'set_resolved_in_release',
    'set_resolved_in_commit',
    'set_unresolved',
    'set_ignored',
    'set_regression',
    'set_escalating',
  ],
  assignee: ['assigned', 'unassigned'],
  priority: ['set_priority'],
  split: ['split', 'unsplit'],
} as const

/** `undo` of lines of an issue that was merged in: what it was is nothing that the other one can be again. */
export const ofMergedIssue = '{}'

/**
 * Takes a line of activity back, inside the caller's transaction: the issue is as it was before it, as far as that
 * line changed it. Only the latest of its kind that still holds can be.
 *
 * @returns whether there was anything to take back, or what came after it.
 */
export function undo(activity: number, world: ChangeWorld): boolean | NewerChange {
  const { database } = world
  const row = database
    .prepare('select * from activity where id = ? and undone = 0 and undo <> ?')
    .get(activity, ofMergedIssue)
  if (!row) return false
  const issue = Number(row['issue'])
  if (!database.prepare('select 1 from issues where id = ?').get(issue)) return false
  const before = JSON.parse(String(row['undo'])) as Partial<StoredState>
  const newer = newerChange(issue, activity, before, world)
  if (newer) return newer
  writeState(database, issue, before, world.nowMs)
  database.prepare('update activity set undone = 1 where id = ?').run(activity)
  new IssueLog(database).activity({
    project: Number(row['project']),
    issue,
    kind: 'undo',
    atMs: world.nowMs,
    actor: world.actor,
    data: { kind: String(row['kind']) },
  })
  return true
}

/** The latest change of what `before` would bring back. */
function newerChange(
  issue: number,
  activity: number,
  before: Partial<StoredState>,
  { database }: ChangeWorld,
): NewerChange | undefined {
  const same = Object.entries(kinds).flatMap(([key, list]) => (key in before ? list : []))
  const row = database
    .prepare(
      `select * from activity where issue = ? and id > ? and undone = 0 and undo is not ?
         and kind in (select value from json_each(?)) order by id desc limit 1`,
    )
    .get(issue, activity, ofMergedIssue, JSON.stringify(same))
  return (
    row && {
      kind: String(row['kind']),
      data: JSON.parse(String(row['data'])) as JsonRecord,
      actor: (row['actor'] as string | null) ?? undefined,
      atMs: Number(row['at_ms']),
    }
  )
}
