import type { DatabaseSync } from 'node:sqlite'
import type { Status, Substatus } from './state.ts'

/** What changes of an issue by its status, assignee, priority and split, as it is stored. */
export interface StoredState {
  readonly status: Status
  readonly substatus: Substatus | null
  readonly resolution: string | null
  readonly archive: string | null
  readonly assignee: string | null
  readonly priority: string
  readonly split: number
}

const columns = {
  status: ['issues', 'status'],
  substatus: ['issues', 'substatus'],
  assignee: ['issues', 'assignee'],
  priority: ['issues', 'priority'],
  split: ['issues', 'split_by_message'],
  resolution: ['issue_texts', 'resolution'],
  archive: ['issue_texts', 'archive'],
} as const

/** Writes those that are given. @param nowMs ms since the epoch. */
export function writeState(
  database: DatabaseSync,
  id: number,
  state: Partial<StoredState>,
  nowMs: number,
): void {
  for (const [key, value] of Object.entries(state)) {
    // What undoing reads was written here.
    if (!Object.hasOwn(columns, key)) continue
    const [table, column] = columns[key as keyof StoredState]
    const idColumn = table === 'issues' ? 'id' : 'issue'
    database
      .prepare(`update ${table} set ${column} = ? where ${idColumn} = ?`)
      .run(value ?? null, id)
  }
  if ('status' in state) {
    database.prepare('update issues set status_changed_ms = ? where id = ?').run(nowMs, id)
  }
}
