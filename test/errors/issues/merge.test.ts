import { expect, test } from 'vitest'
import { mergeIssues, unmerge } from '../../../errors/issues/merge.ts'
import { addNote, changeNote, deleteNote } from '../../../errors/issues/notes.ts'
import { removeIssue } from '../../../errors/issues/removal.ts'
import {
  digestionOf,
  eventReport,
  feedbackReport,
  fileReport,
  groupByType,
  startMs,
} from '../digest/setup.ts'

const world = (database: ReturnType<typeof digestionOf>['database']) => ({
  database,
  nowMs: startMs,
  actor: 'ann',
  group: groupByType,
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

const typeHashes = (type: string) =>
  ['a', 's'].map((kind) => Buffer.from(`${kind}${type}`.padEnd(16, '.')).toString('hex'))

test('unmerged, each shows its own error, whichever came last', async () => {
  const { database, digestion, digest, rows } = await twoIssues()
  const shown = () =>
    rows(`select title, error_type as type, metadata ->> 'type' as named from issue_texts`)
  const own = (type: string) => ({ title: `${type}: broken`, type, named: type })
  mergeIssues(1, [2], world(database))
  digestion.events.forget()
  await digest(eventReport({ id: 9, type: 'Two' }))
  expect(shown()).toEqual([own('Two')])
  unmerge(1, typeHashes('Two'), world(database))
  expect(shown()).toEqual([own('One'), own('Two')])
})

test('unmerged, or split off, an issue has the users of its kept events', async () => {
  const { database, digestion, digest, rows } = await twoIssues()
  mergeIssues(1, [2], world(database))
  digestion.events.forget()
  const by = (id: number) => ({ event: { user: { id: String(id) } } })
  await digest(
    eventReport({ id: 8, type: 'One', ...by(3) }),
    eventReport({ id: 9, type: 'Two', ...by(7) }),
  )
  unmerge(1, typeHashes('Two'), world(database))
  digestion.events.forget()
  const users = 'select id, users from issues order by id'
  // Whether there were other events of user 7 nobody knows.
  const after = [
    { id: 1, users: 5 },
    { id: 2, users: 3 },
  ]
  expect(rows(users)).toEqual(after)
  mergeIssues(2, [1], world(database))
  expect(unmerge(2, typeHashes('Two'), world(database))).toEqual([3])
  expect(rows(users).at(-1)).toEqual({ id: 3, users: 3 })
})

test('hashes that become a new issue show their own error there', async () => {
  const { database, digestion, digest, rows } = await twoIssues()
  mergeIssues(1, [2], world(database))
  digestion.events.forget()
  await digest(eventReport({ id: 9, type: 'One' }))
  expect(unmerge(1, typeHashes('One'), world(database))).toEqual([3])
  expect(rows('select issue, error_type from issue_texts')).toEqual([
    { issue: 1, error_type: 'Two' },
    { issue: 3, error_type: 'One' },
  ])
})

test('files and feedback go with their event through merging and unmerging', async () => {
  const { database, digestion, digest, rows } = await twoIssues()
  await digest(fileReport(3), feedbackReport(3))
  const issues = () =>
    rows('select a.issue as file, f.issue as feedback from attachments a, feedback f')
  expect(issues()).toEqual([{ file: 2, feedback: 2 }])
  mergeIssues(1, [2], world(database))
  digestion.events.forget()
  expect(issues()).toEqual([{ file: 1, feedback: 1 }])
  unmerge(1, typeHashes('Two'), world(database))
  expect(issues()).toEqual([{ file: 2, feedback: 2 }])
})

test('the last hash cannot be taken out, and an unknown one is nothing', async () => {
  const { database, rows } = await twoIssues()
  const hashes = rows('select hash from issue_hashes where issue = 1').map(({ hash }) =>
    String(hash),
  )
  expect(unmerge(1, hashes, world(database))).toEqual([])
  expect(unmerge(1, ['no such'], world(database))).toEqual([])
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

test('with an issue go files and feedback that came before their event', async () => {
  const { database, digestion, digest, rows } = digestionOf()
  await digest(fileReport(1), feedbackReport(1))
  await digest(eventReport({ id: 1, project: 2 }), eventReport({ id: 1 }))
  expect(removeIssue(database, digestion.events.kept, 2)).toEqual(['b'.repeat(64)])
  expect(rows('select 1 from attachments')).toEqual([])
  expect(rows('select 1 from feedback')).toEqual([])
})
