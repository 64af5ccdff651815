import { expect, test } from 'vitest'
import { endArchives } from '../../../errors/digest/archive_ends.ts'
import { changeIssues, type ArchiveUntil } from '../../../errors/issues/change.ts'
import { digestionOf, eventIdOf, eventReport, startMs } from './setup.ts'

const hourMs = 3_600_000

async function archived(until: ArchiveUntil) {
  const { database, digest, digestion, rows } = digestionOf()
  const tags: [string, string][] = [['team', 'pay']]
  await digest(
    eventReport({ id: 1, event: { release: 'shop@1', environment: 'prod', tags } }),
    eventReport({ id: 2, type: 'Other' }),
  )
  changeIssues([1], { status: { to: 'ignored', until } }, { database, nowMs: startMs })
  digestion.events.forget()
  return { database, digest, digestion, rows }
}

const stateOf = 'select status, substatus from issues where id = 1'
const back = [{ status: 'unresolved', substatus: 'ongoing' }]

test('an archive until a time ends by itself, and somebody may be told', async () => {
  const { database, rows } = await archived({ ms: startMs + hourMs })
  expect(endArchives(database, startMs + hourMs - 1)).toBe(false)
  expect(rows(stateOf)).toMatchObject([{ status: 'ignored' }])
  expect(endArchives(database, startMs + hourMs)).toBe(true)
  expect(rows(stateOf)).toEqual(back)
  expect(rows('select archive from issue_texts where issue = 1')).toEqual([{ archive: null }])
  expect(
    rows('select kind, actor, at_ms from activity where issue = 1 order by id desc limit 1'),
  ).toEqual([{ kind: 'set_unresolved', actor: null, at_ms: startMs + hourMs }])
  const [told] = rows(
    "select issue, lower(hex(event_id)) as hex, event_id, data from triggers where kind = 'unarchived'",
  )
  expect(JSON.parse(String(told!['data']))).toMatchObject({
    title: 'Error: broken',
    level: 'error',
    release: 'shop@1',
    environment: 'prod',
    tags: { team: 'pay' },
  })
  expect([told!['event_id'], told!['hex']]).toContain(eventIdOf(1))
  expect(endArchives(database, startMs + 2 * hourMs)).toBe(false)
})

test('an archive ends by its time whatever else would end it, and one for ever does not', async () => {
  const more = await archived({ ms: startMs + 1, events: 100 })
  expect(endArchives(more.database, startMs + 1)).toBe(true)
  const escalating = await archived({ ms: startMs + 1, isEscalating: true })
  expect(endArchives(escalating.database, startMs + 1)).toBe(true)
  for (const until of [{}, { events: 3 }, { isEscalating: true as const }]) {
    const { database } = await archived(until)
    expect(endArchives(database, startMs + 1000 * hourMs)).toBe(false)
  }
})

test('archives without an end are not looked at', async () => {
  const { database } = await archived({ isEscalating: true })
  const asked: string[] = []
  const prepare = database.prepare.bind(database)
  database.prepare = (sql) => (asked.push(sql), prepare(sql))
  endArchives(database, startMs)
  expect(asked).toHaveLength(1)
  const plan = prepare(`explain query plan ${asked[0]!}`).all(startMs, 1)
  expect(plan.map(({ detail }) => detail)).toEqual([
    'SEARCH t USING INDEX issue_texts_by_archive_end (<expr><?)',
    'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)',
  ])
})

test('an archive ends although its last kept event cannot be read', async () => {
  const { database, rows } = await archived({ ms: startMs + 1 })
  database.exec("update event_bodies set body = x'00'")
  expect(endArchives(database, startMs + 1)).toBe(true)
  expect(rows(stateOf)).toEqual(back)
  const [told] = rows("select event_id, data from triggers where kind = 'unarchived'")
  expect(told!['event_id']).not.toBeNull()
  const data = JSON.parse(String(told!['data'])) as object
  expect(data).toMatchObject({ title: 'Error: broken' })
  expect(data).not.toHaveProperty('tags')
})

test('events of an issue whose archive has ended count on', async () => {
  const { database, digest, digestion, rows } = await archived({ ms: startMs + 1 })
  endArchives(database, startMs + 1)
  digestion.events.forget()
  await digest(eventReport({ id: 3, atMs: startMs + 2 }))
  expect(rows(stateOf)).toEqual(back)
  expect(rows('select events from issues where id = 1')).toEqual([{ events: 2 }])
})
