import { expect, test } from 'vitest'
import { floodsOf } from '../../../errors/digest/floods.ts'
import { digestionOf, eventReport, startMs } from './setup.ts'

const hourMs = 3_600_000
const projects = new Map([
  [1, 'shop'],
  [2, 'web'],
])

test('a flood of one issue is named while it lasts, and in the hour after it', async () => {
  const { database, digest } = digestionOf()
  await digest(eventReport({ id: 1, type: 'Quiet' }), eventReport({ id: 2, type: 'Loud' }))
  // Not one by one: it is the query that is tested.
  database.exec(`update issue_hours set events = 1200 where issue = 2;
    update issues set events = 1200 where id = 2`)
  const named = [{ issue: '2', events_in_hour: 1200, title: 'Loud: broken' }]
  expect(floodsOf(database, projects, startMs)).toEqual({ floods: named, issue_floods: [] })
  expect(floodsOf(database, projects, startMs + 1.5 * hourMs).floods).toEqual(named)
  expect(floodsOf(database, projects, startMs + 2.5 * hourMs).floods).toEqual([])
  // A clock that was ahead hides none.
  database.exec(`insert into issue_hours values (1, ${startMs + 9_000 * hourMs}, 5)`)
  expect(floodsOf(database, projects, startMs).floods).toEqual(named)
})

test('a flood of new issues is named by its project', async () => {
  const { database, digest } = digestionOf()
  const reports = Array.from({ length: 11 }, (_, id) =>
    eventReport({ id, type: `T${id}`, project: id === 0 ? 2 : 1 }),
  )
  await digest(...reports)
  const least = { events: 1000, issues: 10 }
  expect(floodsOf(database, projects, startMs, least).issue_floods).toEqual([
    { project: 'shop', new_issues_in_hour: 10 },
  ])
  expect(floodsOf(database, projects, startMs + 2 * hourMs, least).issue_floods).toEqual([])
})
