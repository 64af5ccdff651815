import { expect, test } from 'vitest'
import { changeIssues, type IssueChange } from '../../../errors/issues/change.ts'
import { mergeIssues } from '../../../errors/issues/merge.ts'
import { undo } from '../../../errors/issues/undo.ts'
import { digestionOf, eventReport, startMs } from '../digest/setup.ts'

const resolved = { status: { to: 'resolved', resolution: { kind: 'now' } } } as const

/** Two issues. */
async function made() {
  const { database, digestion, digest, rows } = digestionOf()
  await digest(eventReport({ id: 1, type: 'One' }), eventReport({ id: 2, type: 'Two' }))
  const world = { database, nowMs: startMs, actor: 'ann' }
  const change = (each: IssueChange, ...ids: number[]) =>
    changeIssues(ids.length > 0 ? ids : [1], each, world)
  /** Ids of the first issue's lines of a kind, the oldest first. */
  const lines = (kind: string) =>
    rows('select id from activity where issue = 1 and kind = ? order by id', kind).map(({ id }) =>
      Number(id),
    )
  const [state] = ['select status, substatus, assignee, priority from issues where id = 1']
  return {
    world,
    digestion,
    digest,
    change,
    lines,
    state: () => rows(state!)[0],
    undo: (line: number | undefined) => undo(line ?? 0, world),
  }
}

test('each change is a line of activity that can be taken back', async () => {
  const { change, lines, state, undo: takeBack } = await made()
  expect(change({ ...resolved, assignee: 'bob', priority: 'low' }, 1, 2, 77)).toBe(2)
  expect(state()).toEqual({
    status: 'resolved',
    substatus: null,
    assignee: 'bob',
    priority: 'low',
  })
  for (const kind of ['set_resolved', 'assigned', 'set_priority']) {
    expect(lines(kind)).toHaveLength(1)
    expect(takeBack(lines(kind)[0])).toBe(true)
    expect(takeBack(lines(kind)[0])).toBe(false)
  }
  expect(state()).toEqual({
    status: 'unresolved',
    substatus: 'new',
    assignee: null,
    priority: 'medium',
  })
})

test('a change that a newer one of its kind overtook stays, until that one is taken back', async () => {
  const { change, lines, state, undo: takeBack } = await made()
  for (const assignee of ['ana', 'bob']) change({ assignee })
  change({ priority: 'low' })
  const [ana, bob] = lines('assigned')
  expect(takeBack(ana)).toMatchObject({ kind: 'assigned', data: { assignee: 'bob' }, actor: 'ann' })
  expect(state()).toMatchObject({ assignee: 'bob' })
  expect(takeBack(bob)).toBe(true)
  expect(state()).toMatchObject({ assignee: 'ana' })
  expect(takeBack(ana)).toBe(true)
  expect(state()).toMatchObject({ assignee: null, priority: 'low' })
})

test('a resolution cannot be taken back once the issue regressed', async () => {
  const { change, digest, digestion, lines, state, undo: takeBack } = await made()
  change(resolved)
  digestion.events.forget()
  await digest(eventReport({ id: 9, type: 'One' }))
  const [first] = lines('set_resolved')
  expect(takeBack(first)).toMatchObject({ kind: 'set_regression', actor: undefined })
  expect(state()).toMatchObject({ status: 'unresolved', substatus: 'regressed' })
})

test('what was done to a merged issue is not taken back in the other one, and bars nothing there', async () => {
  const { change, lines, state, undo: takeBack, world } = await made()
  change({ assignee: 'ana' })
  change({ assignee: 'bob' }, 2)
  mergeIssues(1, [2], world)
  const [own, others] = lines('assigned')
  expect(takeBack(others)).toBe(false)
  expect(takeBack(own)).toBe(true)
  expect(state()).toMatchObject({ assignee: null })
})
