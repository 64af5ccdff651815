import type { Condition } from './sql.ts'

const states: ReadonlyMap<string, string> = new Map([
  ['unresolved', `i.status = 'unresolved'`],
  ['resolved', `i.status = 'resolved'`],
  ['ignored', `i.status = 'ignored'`],
  ['archived', `i.status = 'ignored'`],
  ['muted', `i.status = 'ignored'`],
  ['assigned', 'i.assignee is not null'],
  ['unassigned', 'i.assignee is null'],
  ['new', `i.status = 'unresolved' and i.substatus = 'new'`],
  ['ongoing', `i.status = 'unresolved' and i.substatus = 'ongoing'`],
  ['regressed', `i.status = 'unresolved' and i.substatus = 'regressed'`],
  ['escalating', `i.status = 'unresolved' and i.substatus = 'escalating'`],
  [
    'for_review',
    `i.status = 'unresolved' and i.substatus in ('new', 'regressed', 'escalating') and i.assignee is null`,
  ],
  ['until_escalating', `i.status = 'ignored' and i.substatus = 'archived_until_escalating'`],
  ['until_condition_met', `i.status = 'ignored' and i.substatus = 'archived_until_condition_met'`],
  [
    'archived_until_escalating',
    `i.status = 'ignored' and i.substatus = 'archived_until_escalating'`,
  ],
  [
    'archived_until_condition_met',
    `i.status = 'ignored' and i.substatus = 'archived_until_condition_met'`,
  ],
  ['archived_forever', `i.status = 'ignored' and i.substatus = 'archived_forever'`],
  // Issues are linked to no tracker.
  ['linked', '0'],
  ['unlinked', '1'],
])

/** What `is:…` asks; undefined when there is no such state. */
export function isCondition(state: string): Condition | undefined {
  const sql = states.get(state.toLowerCase())
  return sql === undefined ? undefined : { sql, values: [] }
}
