import { expect, test } from 'vitest'
import { changeIssues, type ArchiveUntil } from '../../../errors/issues/change.ts'
import { mergeIssues, unmerge } from '../../../errors/issues/merge.ts'

import { digestionOf, eventReport, groupByType, startMs } from '../digest/setup.ts'

const minuteMs = 60_000

/** An issue in the middle of an hour, and `more` events of it, or of another type, each of a user of its own. */
function issueWithEvents() {
  const made = digestionOf()
  const { database, digestion, rows } = made
  let id = 0
  const world = { database, nowMs: startMs + 30 * minuteMs, group: groupByType }
  return {
    world,
    more: async (count: number, atMinute: number, type = 'Own') => {
      digestion.events.forget()
      const reports = Array.from({ length: count }, () => {
        id += 1
        const event = { user: { id: String(id) } }
        return eventReport({ id, type, atMs: startMs + atMinute * minuteMs, event })
      })
      await made.digest(...reports)
    },
    archive: (until: ArchiveUntil, issue = 1) =>
      changeIssues([issue], { status: { to: 'ignored', until } }, world),
    status: (issue = 1) => rows('select status from issues where id = ?', issue)[0]!['status'],
  }
}

test.each<ArchiveUntil>([
  { events: 20, windowMs: 60 * minuteMs },
  { users: 20, windowMs: 60 * minuteMs },
  { events: 20 },
  { users: 20 },
])('archived until %j: what came before in the same hour does not count', async (until) => {
  const { more, archive, status } = issueWithEvents()
  await more(20, 10)
  archive(until)
  await more(19, 31)
  expect(status()).toBe('ignored')
  await more(1, 32)
  expect(status()).toBe('unresolved')
})

const untilMore: ArchiveUntil[] = [
  { events: 5 },
  { users: 5 },
  { events: 5, windowMs: 60 * minuteMs },
  { users: 5, windowMs: 60 * minuteMs },
]
const otherHashes = groupByType(1, eventReport({ id: 1, type: 'Other' }).event).hashes

test.each(untilMore)('archived until %j: a merge adds nothing to what counts', async (until) => {
  const { world, more, archive, status } = issueWithEvents()
  await more(2, 10)
  archive(until)
  await more(2, 31)
  await more(50, 31, 'Other')
  mergeIssues(1, [2], world)
  await more(1, 32)
  await more(1, 32, 'Other')
  expect(status()).toBe('ignored')
  await more(1, 33)
  expect(status()).toBe('unresolved')
})

test.each(untilMore)('archived until %j: an unmerge takes nothing off it', async (until) => {
  const { world, more, archive, status } = issueWithEvents()
  await more(2, 10)
  await more(50, 10, 'Other')
  mergeIssues(1, [2], world)
  archive(until)
  await more(4, 31)
  unmerge(1, otherHashes, world)
  expect(status()).toBe('ignored')
  await more(1, 32)
  expect(status()).toBe('unresolved')
})

test.each(untilMore)('archived until %j: nor do hashes that are split off', async (until) => {
  const { world, more, archive, status } = issueWithEvents()
  await more(2, 10)
  await more(30, 10, 'Other')
  mergeIssues(1, [2], world)
  world.database.exec('delete from merged_issues')
  archive(until)
  await more(4, 31)
  unmerge(1, otherHashes, world)
  await more(1, 32)
  expect(status()).toBe('unresolved')
})
