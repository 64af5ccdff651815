import type { ChangeWorld } from './change.ts'
import { IssueLog } from './issue_log.ts'

const textMax = 16_384

/** Comments of issues, inside the caller's transaction. */

/** @returns its id; undefined when there is no such issue. */
export function addNote(issue: number, text: string, world: ChangeWorld): number | undefined {
  const row = world.database.prepare('select project from issues where id = ?').get(issue)
  if (!row) return undefined
  return new IssueLog(world.database).activity({
    project: Number(row['project']),
    issue,
    kind: 'note',
    atMs: world.nowMs,
    actor: world.actor,
    data: { text: text.slice(0, textMax) },
  })
}

/** @returns whether the issue has that comment. */
export function changeNote(issue: number, note: number, text: string, world: ChangeWorld): boolean {
  const statement = `update activity set data = ? where id = ? and issue = ? and kind = 'note' and undone = 0`
  const data = JSON.stringify({ text: text.slice(0, textMax) })
  return world.database.prepare(statement).run(data, note, issue).changes > 0
}

/** @returns whether the issue had that comment. */
export function deleteNote(issue: number, note: number, { database }: ChangeWorld): boolean {
  const statement = `delete from activity where id = ? and issue = ? and kind = 'note'`
  return database.prepare(statement).run(note, issue).changes > 0
}
