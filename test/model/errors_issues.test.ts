import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changeIssues, type IssueChange } from '../../errors/issues/change.ts'
import { mergeIssues, unmerge } from '../../errors/issues/merge.ts'
import { undo } from '../../errors/issues/undo.ts'
import { digestionOf, eventReport, groupByType, startMs } from '../errors/digest/setup.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 100)

const resolution = fc.constantFrom(
  { kind: 'now' as const },
  { kind: 'next_release' as const },
  { kind: 'release' as const, release: '1.1.0' },
  { kind: 'commit' as const, commit: 'abc' },
)
const until = fc.constantFrom(
  {},
  { ms: startMs + 1 },
  { events: 3 },
  { users: 2, windowMs: 60_000 },
  { isEscalating: true },
)
const change: fc.Arbitrary<IssueChange> = fc.oneof(
  fc.constant({ status: { to: 'unresolved' as const } }),
  resolution.map((each) => ({ status: { to: 'resolved' as const, resolution: each } })),
  until.map((each) => ({ status: { to: 'ignored' as const, until: each } })),
  fc.constantFrom('ann', 'bob', null).map((assignee) => ({ assignee })),
  fc.constantFrom('high' as const, 'low' as const).map((priority) => ({ priority })),
  fc.boolean().map((isSplitByMessage) => ({ isSplitByMessage })),
)

test('whatever is changed, taking it back line by line leads to where it began', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      const { database, digest, rows } = digestionOf()
      await digest(eventReport({ id: 1, event: { release: '1.0.0' } }))
      const world = { database, nowMs: startMs, actor: 'ann' }
      const state = () =>
        rows(
          `select status, substatus, assignee, priority, split_by_message, t.resolution, t.archive
           from issues i join issue_texts t on t.issue = i.id`,
        )
      const before = state()
      for (const each of changes) {
        changeIssues([1], each, world)
        const [{ status, resolution: resolved, archive } = {}] = state()
        expect(resolved !== null).toBe(status === 'resolved')
        expect(archive !== null).toBe(status === 'ignored')
      }
      const lines = rows('select id from activity where undo is not null order by id desc')
      for (const { id } of lines) expect(undo(Number(id), world)).toBe(true)
      expect(state()).toEqual(before)
      database.close()
    }),
    { numRuns: runs },
  )
})

type Step =
  | { readonly do: 'event'; readonly type: number; readonly user: number }
  | { readonly do: 'merge'; readonly into: number; readonly from: number }
  | { readonly do: 'unmerge'; readonly issue: number; readonly type: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('event' as const), type: fc.nat(3), user: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('merge' as const), into: fc.nat(3), from: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('unmerge' as const),
      issue: fc.nat(3),
      type: fc.nat(3),
    }),
  },
)

test('merged and unmerged in any order, no event is lost or counted twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { database, digest, digestion, rows } = digestionOf()
      const world = { database, nowMs: startMs }
      let id = 0
      for (const each of steps) {
        const issues = rows('select id from issues order by id').map((row) => Number(row['id']))
        const issueAt = (place: number) => issues[place % Math.max(1, issues.length)] ?? 0
        if (each.do === 'event') {
          const event = { user: { id: String(each.user) } }
          await digest(eventReport({ id: id++, type: `Type${each.type}`, event }))
        } else if (each.do === 'merge') {
          mergeIssues(issueAt(each.into), [issueAt(each.from)], world)
        } else {
          const hashes = ['a', 's'].map((kind) =>
            Buffer.from(`${kind}Type${each.type}`.padEnd(16, '.')).toString('hex'),
          )
          unmerge(issueAt(each.issue), hashes, { ...world, group: groupByType })
        }
        digestion.events.forget()
      }
      const [sums] = rows(
        `select (select ifnull(sum(events), 0) from issues) as issues,
           (select ifnull(sum(events), 0) from issue_hashes) as hashes,
           (select ifnull(sum(kept), 0) from issues) as kept, (select count(*) from events) as bodies`,
      )
      expect(sums).toMatchObject({ issues: id, hashes: id })
      expect(sums!['kept']).toBe(sums!['bodies'])
      const wrong = rows(
        `select id from issues i where events <> (select sum(events) from issue_hashes h where h.issue = i.id)
           or not exists (select 1 from issue_texts t where t.issue = i.id)`,
      )
      expect(wrong).toEqual([])
      expect(rows('select project, number from issues group by 1, 2 having count(*) > 1')).toEqual(
        [],
      )
      database.close()
    }),
    { numRuns: runs },
  )
})
