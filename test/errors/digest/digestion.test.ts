import { expect, test } from 'vitest'
import { zstdDecompressSync } from 'node:zlib'
import { changeIssues } from '../../../errors/issues/change.ts'
import { digestionOf, eventIdOf, eventReport, groupByType, startMs } from './setup.ts'

const hourMs = 3_600_000

test('an event becomes an issue, with its counts, a kept body and a line for the journal', async () => {
  const { digest, digestion, rows } = digestionOf()
  const release = 'shop@1.0.0'
  await digest(
    eventReport({
      id: 1,
      event: { release, environment: 'prod', user: { id: '7' }, tags: [['a', 'b']] },
    }),
  )
  expect(
    rows('select id, number, events, users, kept, status, substatus, first_release from issues'),
  ).toEqual([
    {
      id: 1,
      number: 1,
      events: 1,
      users: 1,
      kept: 1,
      status: 'unresolved',
      substatus: 'new',
      first_release: release,
    },
  ])
  const tags = rows('select key, value from issue_tags order by key')
  expect(tags).toEqual([
    { key: 'a', value: 'b' },
    { key: 'level', value: 'error' },
    { key: 'user', value: 'id:7' },
  ])
  const [body] = rows('select body from event_bodies')
  expect(JSON.parse(zstdDecompressSync(body!['body'] as Uint8Array).toString())).toMatchObject({
    release,
  })
  expect(rows(`select rowid from event_words where event_words match 'broken'`)).toHaveLength(1)
  const { batches } = digestion.outbox.pending({ segment: 'a', ordinal: 1 })!
  expect(batches).toMatchObject([{ stream: 'errors-shop-prod', tag: 'error events', count: 1 }])
  const line = JSON.parse(Buffer.from(batches[0]!.bytes).toString()) as object
  expect(line).toMatchObject({
    '@timestamp': '2026-01-05T12:00:00.000Z',
    message: 'Error: broken',
    error: { id: eventIdOf(1), type: 'Error', message: 'broken' },
    issue: { id: '1', short_id: 'SHOP-1' },
    service: { version: release, environment: 'prod' },
    user: { id: '7' },
    labels: { a: 'b' },
  })
})

test('the same id counts once, in each project', async () => {
  const { digest, rows } = digestionOf()
  await digest(eventReport({ id: 1 }), eventReport({ id: 1 }), eventReport({ id: 1, project: 2 }))
  await digest(eventReport({ id: 1 }))
  expect(rows('select project, events from issues')).toEqual([
    { project: 1, events: 1 },
    { project: 2, events: 1 },
  ])
  expect(
    rows('select outcome, quantity from project_hours where project = 1 order by outcome'),
  ).toEqual([
    { outcome: 'accepted', quantity: 1 },
    { outcome: 'duplicate', quantity: 2 },
  ])
})

test('a flood is counted to the last event, and hardly kept', async () => {
  const { digest, rows } = digestionOf()
  await digest(...Array.from({ length: 500 }, (_, id) => eventReport({ id })))
  const [issue] = rows('select events, kept from issues')
  expect(issue).toEqual({ events: 500, kept: 4 })
})

test('a clock that steps back and forth costs no count, and an issue is seen first and last when it was', async () => {
  const { digest, rows } = digestionOf()
  const dayMs = 86_400_000
  const steps = [0, 5, -2 * dayMs, 400 * dayMs, 1, -2 * dayMs, 2]
  await digest(...steps.map((atMs, id) => eventReport({ id, atMs: startMs + atMs })))
  expect(rows('select events, first_seen_ms, last_seen_ms from issues')).toEqual([
    { events: 7, first_seen_ms: startMs - 2 * dayMs, last_seen_ms: startMs + 400 * dayMs },
  ])
  expect(rows('select events from issue_hours order by hour_ms')).toEqual([
    { events: 2 },
    { events: 4 },
    { events: 1 },
  ])
  expect(rows("select sum(quantity) as n from project_hours where outcome = 'accepted'")).toEqual([
    { n: 7 },
  ])
})

test('what alternates within batches and from one to the next is counted to the last event', async () => {
  const { digest, rows } = digestionOf(undefined, { config: { tag_values_max: 10 } })
  const told = Array.from({ length: 240 }, (_, id) => ({
    id,
    atMs: startMs + (id % 3) * hourMs + id,
    event: {
      release: `shop@1.${id % 4}.0`,
      environment: id % 2 === 0 ? 'prod' : 'test',
      user: { id: String(id % 5) },
      tags: [['zone', `z${id % 12}`]] as [string, string][],
    },
  }))
  for (let at = 0; at < told.length; at += 40) {
    await digest(...told.slice(at, at + 40).map((each) => eventReport(each)))
  }
  expect(rows('select events, users from issues')).toEqual([{ events: 240, users: 5 }])
  const counted = (table: string) => rows(`select events as n from ${table}`).map(({ n }) => n)
  expect(counted('issue_hours')).toEqual([80, 80, 80])
  expect(counted('issue_releases')).toEqual([60, 60, 60, 60])
  expect(counted('issue_environments')).toEqual([120, 120])
  const zones = rows("select value, events from issue_tags where key = 'zone'")
  // Two of the twelve found no room.
  expect(zones[0]).toEqual({ value: '', events: 40 })
  expect(zones.slice(1).map(({ events }) => events)).toEqual(Array.from({ length: 10 }, () => 20))
  expect(rows('select max(last_seen_ms) as ms from issue_releases')).toEqual([
    { ms: startMs + (239 % 3) * hourMs + 239 },
  ])
})

test('of very many tags the first are counted', async () => {
  const { digest, rows } = digestionOf(undefined, { config: { tag_keys_max: 10 } })
  const tags = Array.from({ length: 30 }, (_, at): [string, string] => [`t${at}`, 'x'])
  await digest(eventReport({ id: 1, event: { tags } }))
  expect(rows('select count(*) as n from issue_tags')).toEqual([{ n: 10 }])
})

test('a tag that a context makes is one line', async () => {
  const { digest, rows } = digestionOf()
  const contexts = { os: { type: 'os', name: 'Debian', version: '12.11\n' } }
  await digest(eventReport({ id: 1, event: { contexts } }))
  expect(rows("select value from issue_tags where key = 'os'")).toEqual([{ value: 'Debian 12.11' }])
})

test('a value of a tag beyond the bound is counted among others', async () => {
  const { digest, rows } = digestionOf(undefined, { config: { tag_values_max: 10 } })
  const told = (id: number) => eventReport({ id, event: { tags: [['n', `v${id}`]] } })
  await digest(...Array.from({ length: 30 }, (_, id) => told(id)))
  await digest(told(100), told(3))
  const counts = rows(`select value, events from issue_tags where key = 'n'`)
  expect(counts).toHaveLength(11)
  expect(counts.find(({ value }) => value === '')).toMatchObject({ events: 21 })
})

test('a resolved issue comes back with a later event, and says so once', async () => {
  const { database, digest, digestion, rows } = digestionOf()
  await digest(eventReport({ id: 1, event: { release: '1.0.0' } }))
  const change = { status: { to: 'resolved', resolution: { kind: 'next_release' } } } as const
  changeIssues([1], change, { database, nowMs: startMs + 1000 })
  digestion.events.forget()
  await digest(eventReport({ id: 2, atMs: startMs + hourMs, event: { release: '1.0.0' } }))
  expect(rows('select status from issues')).toEqual([{ status: 'resolved' }])
  const later = { atMs: startMs + hourMs, event: { release: '1.1.0' } }
  await digest(eventReport({ id: 3, ...later }), eventReport({ id: 4, ...later }))
  expect(rows('select status, substatus from issues')).toEqual([
    { status: 'unresolved', substatus: 'regressed' },
  ])
  expect(rows("select kind from triggers where kind <> 'new_release' order by number")).toEqual([
    { kind: 'new_issue' },
    { kind: 'regression' },
  ])
})

test('a release is new once in a project, with its first event', async () => {
  const { database, digest, rows } = digestionOf()
  // Made by a tool, before anything ran.
  database.exec("insert into releases (project, version, created_ms) values (1, 'shop@2.0.0', 0)")
  const told = () =>
    rows("select project, data from triggers where kind = 'new_release' order by number").map(
      ({ project, data }) => [project, JSON.parse(String(data)) as unknown],
    )
  await digest(eventReport({ id: 1 }))
  expect(told()).toEqual([])
  await digest(
    eventReport({
      id: 2,
      event: { release: 'shop@2.0.0', environment: 'prod', tags: [['os', 'Linux']] },
    }),
    eventReport({ id: 3, event: { release: 'shop@2.0.0' } }),
    eventReport({ id: 4, project: 2, event: { release: 'shop@2.0.0' } }),
  )
  await digest(eventReport({ id: 5, event: { release: 'shop@2.0.0' } }))
  expect(told()).toHaveLength(2)
  expect(told()).toMatchObject([
    [1, { version: 'shop@2.0.0', level: 'error', environment: 'prod', tags: { os: 'Linux' } }],
    [2, { version: 'shop@2.0.0', level: 'error' }],
  ])
})

test('resolved in a release that is not there yet: versions before it bring nothing back', async () => {
  const { database, digest, digestion, rows } = digestionOf()
  await digest(eventReport({ id: 1, event: { release: 'shop@2.2.8' } }))
  const resolution = { kind: 'release', release: 'shop@2.3.0' } as const
  changeIssues([1], { status: { to: 'resolved', resolution } }, { database, nowMs: startMs })
  digestion.events.forget()
  const later = (id: number, release: string) =>
    eventReport({ id, atMs: startMs + hourMs, event: { release } })
  // One that is known, one that is not, and then is.
  await digest(later(2, 'shop@2.2.8'), later(3, 'shop@2.2.9'))
  await digest(later(4, 'shop@2.2.9'))
  expect(rows('select status from issues')).toEqual([{ status: 'resolved' }])
  await digest(later(5, 'shop@2.3.1'))
  expect(rows('select substatus from issues')).toEqual([{ substatus: 'regressed' }])
})

test('an archived issue comes back after so many more events', async () => {
  const { database, digest, digestion, rows } = digestionOf()
  await digest(eventReport({ id: 1 }))
  changeIssues(
    [1],
    { status: { to: 'ignored', until: { events: 3 } } },
    { database, nowMs: startMs },
  )
  digestion.events.forget()
  await digest(eventReport({ id: 2 }), eventReport({ id: 3 }))
  expect(rows('select status from issues')).toEqual([{ status: 'ignored' }])
  await digest(eventReport({ id: 4 }))
  expect(rows('select status, substatus from issues')).toEqual([
    { status: 'unresolved', substatus: 'ongoing' },
  ])
})

test('an issue that is split by message has an issue for each', async () => {
  const { database, digest, digestion, rows } = digestionOf()
  await digest(eventReport({ id: 1, value: 'one' }))
  changeIssues([1], { isSplitByMessage: true }, { database, nowMs: startMs })
  digestion.events.forget()
  await digest(
    eventReport({ id: 2, value: 'two' }),
    eventReport({ id: 3, value: 'three' }),
    eventReport({ id: 4, value: 'two' }),
  )
  expect(rows('select id, events from issues order by id')).toEqual([
    { id: 1, events: 1 },
    { id: 2, events: 2 },
    { id: 3, events: 1 },
  ])
})

test('an older version of the grouping finds its issues, which are known by the new one from then on', async () => {
  const { database, digest } = digestionOf()
  await digest(eventReport({ id: 1 }))
  const newer = digestionOf(database, {
    group: (project, event) => {
      const previous = groupByType(project, event)
      const hash = 'f'.repeat(32)
      return {
        ...previous,
        version: 'test:2',
        hashes: [hash],
        splitHashes: [hash],
        variants: [],
        previous,
      }
    },
  })
  await newer.digest(eventReport({ id: 2 }))
  expect(newer.rows('select events from issues')).toEqual([{ events: 2 }])
  expect(newer.rows('select version, count(*) as n from issue_hashes group by version')).toEqual([
    { version: 'test:1', n: 2 },
    { version: 'test:2', n: 1 },
  ])
})

test('sessions count once each, by the worst that they came to', async () => {
  const { digest, rows } = digestionOf()
  const session = (sid: string, seq: number, status: string, errors = 0) => ({
    kind: 'session' as const,
    project: 1,
    key: 'k',
    received_ms: startMs,
    body: {
      sid,
      seq,
      status,
      errors,
      did: `user ${sid}`,
      started: '2026-01-05T12:00:00Z',
      attrs: { release: 'a@1' },
    },
  })
  await digest(session('1', 0, 'ok'), session('2', 0, 'ok'), session('3', 0, 'ok'))
  await digest(
    session('1', 1, 'crashed'),
    session('2', 1, 'ok', 2),
    session('2', 2, 'exited', 2),
    session('1', 1, 'crashed'),
  )
  expect(rows('select started, errored, crashed, abnormal from session_hours')).toEqual([
    { started: 3, errored: 1, crashed: 1, abnormal: 0 },
  ])
  const aggregates = [
    { started: '2026-01-05T12:10:00Z', exited: 5, crashed: 1 },
    'nonsense',
    { exited: -1 },
  ]
  await digest({
    ...session('', 0, ''),
    kind: 'sessions',
    body: { attrs: { release: 'a@1' }, aggregates },
  })
  expect(rows('select started, crashed from session_hours')).toEqual([{ started: 9, crashed: 2 }])
})

test('a session is one however its id is written', async () => {
  const { digest, rows } = digestionOf()
  const dashed = '7C9E6679-7425-40DE-944B-E07FC1F90AE7'
  const plain = dashed.replaceAll('-', '')
  for (const [seq, sid] of [dashed, plain, dashed.toLowerCase()].entries()) {
    const attrs = { release: 'a@1' }
    const body = { sid, seq, status: 'ok', errors: seq, started: '2026-01-05T12:00:00Z', attrs }
    await digest({ kind: 'session', project: 1, key: 'k', received_ms: startMs, body })
  }
  expect(rows('select started, errored from session_hours')).toEqual([{ started: 1, errored: 1 }])
})

test('a session that was open when Weir was upgraded counts once', async () => {
  const { database, digest, rows } = digestionOf()
  const sid = '7C9E6679-7425-40DE-944B-E07FC1F90AE7'
  const update = async (seq: number, status: string) => {
    const body = { sid, seq, status, started: '2026-01-05T12:00:00Z', attrs: { release: 'a@1' } }
    await digest({ kind: 'session', project: 1, key: 'k', received_ms: startMs, body })
  }
  await update(0, 'ok')
  // As an older version kept it.
  database.prepare('update sessions set sid = ?').run(sid)
  await update(1, 'ok')
  await update(2, 'crashed')
  expect(rows('select started, crashed from session_hours')).toEqual([{ started: 1, crashed: 1 }])
})

test('a check-in that does not come is missed; the next one is well again', async () => {
  const { database, digest, digestion, rows } = digestionOf()
  const checkIn = (atMs: number) => ({
    kind: 'check_in' as const,
    project: 1,
    key: 'k',
    received_ms: atMs,
    body: {
      monitor_slug: 'nightly',
      status: 'ok',
      monitor_config: { schedule: { type: 'interval', value: 1, unit: 'hour' }, checkin_margin: 5 },
    },
  })
  await digest(checkIn(startMs))
  expect(digestion.checkIns.nextMs()).toBe(startMs + hourMs + 300_000)
  database.exec('begin')
  expect(digestion.checkIns.look(startMs + hourMs)).toBe(false)
  expect(digestion.checkIns.look(startMs + hourMs + 300_000)).toBe(true)
  database.exec('commit')
  await digest(checkIn(startMs + 2 * hourMs))
  expect(rows('select status from check_ins order by id')).toEqual([
    { status: 'ok' },
    { status: 'missed' },
    { status: 'ok' },
  ])
  expect(rows('select kind from triggers')).toEqual([
    { kind: 'missed_check_in' },
    { kind: 'recovered_check_in' },
  ])
})

test('a check-in without an id ends the one in progress', async () => {
  const { digest, rows } = digestionOf()
  const checkIn = (body: object) => ({
    kind: 'check_in' as const,
    project: 1,
    key: 'k',
    received_ms: startMs,
    body: { monitor_slug: 'nightly', ...body },
  })
  const nil = '0'.repeat(32)
  await digest(checkIn({ status: 'in_progress', check_in_id: '1'.repeat(32) }))
  await digest(checkIn({ status: 'error', check_in_id: nil }))
  await digest(checkIn({ status: 'ok', check_in_id: nil }))
  const expected = [{ status: 'error' }, { status: 'ok' }]
  expect(rows('select status from check_ins order by id')).toEqual(expected)
})

test('feedback, files and what was not taken are filed', async () => {
  const { digest, rows } = digestionOf()
  const about = { project: 1, key: 'k', received_ms: startMs }
  const file = {
    name: 'a.txt',
    type: 'event.attachment',
    content_type: 'text/plain',
    size: 3,
    blob: '0'.repeat(64),
  }
  await digest(
    { ...eventReport({ id: 1 }), attachments: [file, file] },
    { ...about, kind: 'attachments', event_id: eventIdOf(1), attachments: [file] },
    {
      ...about,
      kind: 'feedback',
      event_id: eventIdOf(1),
      feedback: { message: 'it broke', source: 'dialog' },
    },
    {
      ...about,
      kind: 'discarded',
      outcomes: [
        { source: 'sdk', reason: 'sample_rate', category: 'error', quantity: 7 },
        { source: 'unsupported', reason: 'transaction', category: 'transaction', quantity: 2 },
      ],
    },
    { ...about, kind: 'logs', items: 3, bytes: 85 },
    { ...about, kind: 'logs', items: 2, bytes: 15 },
  )
  const attached = { issue: 1, name: 'a.txt' }
  expect(rows('select issue, name from attachments')).toEqual([attached, attached, attached])
  expect(rows('select issue, message from feedback')).toEqual([{ issue: 1, message: 'it broke' }])
  const outcomes = 'select category, outcome, reason, sum(quantity) as quantity from project_hours'
  expect(rows(`${outcomes} group by 1, 2, 3 order by 1, 2`)).toEqual([
    { category: 'attachment', outcome: 'accepted', reason: '', quantity: 3 },
    { category: 'error', outcome: 'accepted', reason: '', quantity: 1 },
    { category: 'error', outcome: 'client_discard', reason: 'sample_rate', quantity: 7 },
    { category: 'feedback', outcome: 'accepted', reason: '', quantity: 1 },
    { category: 'log_byte', outcome: 'accepted', reason: '', quantity: 100 },
    { category: 'log_item', outcome: 'accepted', reason: '', quantity: 5 },
    { category: 'transaction', outcome: 'filtered', reason: 'transaction', quantity: 2 },
  ])
})
