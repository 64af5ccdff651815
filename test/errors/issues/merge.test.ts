import { expect, test } from 'vitest'
import { changeIssues, undo } from '../../../errors/issues/change.ts'
import { mergeIssues, unmerge } from '../../../errors/issues/merge.ts'
import { addNote, changeNote, deleteNote } from '../../../errors/issues/notes.ts'
import { removeIssue } from '../../../errors/issues/removal.ts'
import { digestionOf, eventReport, startMs } from '../digest/setup.ts'

const world = (database: ReturnType<typeof digestionOf>['database']) => ({
  database,
  nowMs: startMs,
  actor: 'ann',
})

/** Three events of one type with users 0 to 2, two of another with users 2 and 3. */
async function twoIssues() {
  const made = digestionOf()
  const user = (id: number) => ({ event: { user: { id: String(id) }, release: '1.0' } })
  await made.digest(
    ...[0, 1, 2].map((id) => eventReport({ id, type: 'One', ...user(id) })),
    ...[3, 4].map((id) => eventReport({ id, type: 'Two', ...user(id - 1) })),
  )
  return made
}

const figures = 'select id, events, users, kept from issues order by id'
const sums = `select (select sum(events) from issue_hours) as hours, (select sum(events) from issue_releases) as releases,
  (select sum(events) from issue_tags where key = 'user') as tags, (select count(*) from issue_users) as users`

test('merged issues add up exactly, and later events follow', async () => {
  const { database, digestion, digest, rows } = await twoIssues()
  expect(mergeIssues(1, [2, 2, 1, 99], world(database))).toEqual([2])
  expect(rows(figures)).toEqual([{ id: 1, events: 5, users: 4, kept: 5 }])
  expect(rows(sums)).toEqual([{ hours: 5, releases: 5, tags: 5, users: 4 }])
  digestion.events.forget()
  await digest(eventReport({ id: 9, type: 'Two' }))
  expect(rows('select id, events from issues')).toEqual([{ id: 1, events: 6 }])
})

test('unmerged, both are what they were, and each has what came since', async () => {
  const { database, digestion, digest, rows } = await twoIssues()
  const before = rows(figures)
  mergeIssues(1, [2], world(database))
  digestion.events.forget()
  const hashes = rows(`select hash from issue_hashes where hash like '%54776f%'`).map(({ hash }) =>
    String(hash),
  )
  expect(hashes).toHaveLength(2)
  expect(unmerge(1, hashes, world(database))).toEqual([2])
  expect(rows(figures)).toEqual(before)
  expect(rows(sums)).toEqual([{ hours: 5, releases: 5, tags: 5, users: 5 }])
  digestion.events.forget()
  await digest(eventReport({ id: 9, type: 'Two' }))
  expect(rows('select id, number, events from issues order by id')).toEqual([
    { id: 1, number: 1, events: 3 },
    { id: 2, number: 2, events: 3 },
  ])
})

test('the last hash cannot be taken out, and an unknown one is nothing', async () => {
  const { database, rows } = await twoIssues()
  const hashes = rows('select hash from issue_hashes where issue = 1').map(({ hash }) =>
    String(hash),
  )
  expect(unmerge(1, hashes, world(database))).toEqual([])
  expect(unmerge(1, ['no such'], world(database))).toEqual([])
})

test('each change is a line of activity that can be taken back', async () => {
  const { database, rows } = await twoIssues()
  const at = world(database)
  const resolved = { status: { to: 'resolved', resolution: { kind: 'now' } } } as const
  expect(changeIssues([1, 2, 77], { ...resolved, assignee: 'bob', priority: 'low' }, at)).toBe(2)
  const state = 'select status, substatus, assignee, priority from issues where id = 1'
  expect(rows(state)).toEqual([
    { status: 'resolved', substatus: null, assignee: 'bob', priority: 'low' },
  ])
  const lines = rows(
    `select id, kind from activity where issue = 1 and kind <> 'first_seen' order by id`,
  )
  expect(lines.map(({ kind }) => kind)).toEqual(['set_resolved', 'assigned', 'set_priority'])
  for (const { id } of lines) expect(undo(Number(id), at)).toBe(true)
  expect(undo(Number(lines[0]!['id']), at)).toBe(false)
  expect(rows(state)).toEqual([
    { status: 'unresolved', substatus: 'new', assignee: null, priority: 'medium' },
  ])
})

test('comments', async () => {
  const { database, rows } = await twoIssues()
  const at = world(database)
  const note = addNote(1, 'seen on staging', at)!
  expect(changeNote(1, note, 'seen everywhere', at)).toBe(true)
  expect(changeNote(2, note, 'not mine', at)).toBe(false)
  expect(rows(`select data, actor from activity where kind = 'note'`)).toEqual([
    { data: '{"text":"seen everywhere"}', actor: 'ann' },
  ])
  expect(deleteNote(1, note, at)).toBe(true)
  expect(addNote(99, 'x', at)).toBeUndefined()
})

test('a deleted issue leaves nothing, and its number is not used again', async () => {
  const { database, digestion, digest, rows } = await twoIssues()
  removeIssue(database, digestion.events.kept, 2)
  digestion.events.forget()
  for (const table of ['issue_texts', 'issue_hashes', 'issue_hours', 'issue_tags', 'events']) {
    expect(rows(`select 1 from ${table} where issue = 2`)).toEqual([])
  }
  await digest(eventReport({ id: 9, type: 'Two' }))
  expect(rows('select number from issues order by number')).toEqual([{ number: 1 }, { number: 3 }])
})
