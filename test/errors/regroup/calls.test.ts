import { expect, test } from 'vitest'
import type { JsonRecord } from '../../../store/search.ts'
import type { ThreadWorld } from '../../../errors/digest/call.ts'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import { group } from '../../../errors/grouping/group.ts'
import { groupingRules } from '../../../errors/grouping/rules.ts'
import { errorsConfig } from '../../../errors/config.ts'
import { groupingCalls } from '../../../errors/regroup/calls.ts'
import { digestionOf, eventReport, startMs } from '../digest/setup.ts'

const rules = groupingRules()

/** A stack that a source map makes into another one: functions `x…` are minified ones of `real…`. */
const withFunction = (name: string): Partial<SentryEvent> => ({
  platform: 'javascript',
  exception: {
    values: [
      {
        type: 'TypeError',
        value: 'x is undefined',
        stacktrace: { frames: [{ filename: 'app.js', function: name, in_app: true, lineno: 1 }] },
      },
    ],
  },
})

const mapped = (event: SentryEvent): SentryEvent =>
  JSON.parse(JSON.stringify(event).replaceAll('"xPay"', '"realPay"')) as SentryEvent

function setup() {
  const made = digestionOf(undefined, { group: (_project, event) => group(event, rules) })
  const { database } = made
  const world = {
    database,
    context: { clock: { now: () => startMs } },
    symbolicator: { remap: async (_project: number, event: SentryEvent) => mapped(event) },
    rulesOf: () => rules,
    settings: { grouping: errorsConfig.parse({}).grouping },
    change: <T>(work: () => T): T => {
      database.exec('begin')
      const result = work()
      database.exec('commit')
      return result
    },
  } as unknown as ThreadWorld
  const call = async (name: string, params: object) =>
    (await groupingCalls[name]!(params as never, world)) as JsonRecord
  return { ...made, call }
}

test('maps that came late: the minified issue becomes part of the one with the real names', async () => {
  const { digest, rows, call } = setup()
  await digest(eventReport({ id: 1, event: withFunction('xPay') }))
  await digest(eventReport({ id: 2, event: withFunction('realPay') }))
  await digest(eventReport({ id: 3, event: withFunction('other') }))
  expect(rows('select id from issues')).toHaveLength(3)
  const done = await call('grouping.regroup', { project: 1 })
  expect(done).toMatchObject({
    events: 3,
    mapped: 1,
    merged: [{ from: '1', into: '2' }],
    next: null,
  })
  expect(rows('select id, events, kept from issues order by id')).toEqual([
    { id: 2, events: 2, kept: 2 },
    { id: 3, events: 1, kept: 1 },
  ])
  expect(rows(`select rowid from event_words where event_words match 'realPay'`)).toHaveLength(2)
})

test('one issue is looked at again, by its id, its number, or what it was before it was merged', async () => {
  const { digest, rows, call } = setup()
  await digest(eventReport({ id: 1, event: withFunction('other') }))
  await digest(eventReport({ id: 2, event: withFunction('xPay') }))
  await digest(eventReport({ id: 3, event: withFunction('realPay') }))
  const [number] = rows('select number from issues where id = 2')
  for (const wrong of [{ issue: 99 }, { issueNumber: 99 }, { project: 2, issue: 2 }]) {
    const refused = await call('grouping.regroup', { project: 1, ...wrong })
    expect(refused['refused']).toContain('no such issue')
  }
  const done = await call('grouping.regroup', { project: 1, issueNumber: number!['number'] })
  expect(done).toMatchObject({ events: 1, merged: [{ from: '2', into: '3' }] })
  expect(await call('grouping.regroup', { project: 1, issue: 2 })).toMatchObject({ events: 2 })
})

test('an issue whose hashes are all new keeps its events, and is found by the new ones', async () => {
  const { digest, digestion, rows, call } = setup()
  await digest(eventReport({ id: 1, event: withFunction('xPay') }))
  expect(await call('grouping.regroup', { project: 1 })).toMatchObject({ mapped: 1, merged: [] })
  digestion.events.forget()
  await digest(eventReport({ id: 2, event: withFunction('realPay') }))
  expect(rows('select events from issues')).toEqual([{ events: 2 }])
})

test('titles and culprits say what the newest event does once it is mapped', async () => {
  const { digest, rows, call } = setup()
  await digest(eventReport({ id: 1, event: withFunction('xPay') }))
  await digest(eventReport({ id: 2, event: withFunction('xPay') }))
  const shown = () => rows('select culprit, function, metadata from issue_texts')
  expect(JSON.stringify(shown())).toContain('app.js in xPay')
  await call('grouping.regroup', { project: 1 })
  expect(shown()).toMatchObject([{ culprit: 'app.js in realPay', function: 'realPay' }])
  expect(JSON.stringify(shown())).not.toContain('xPay')

  // An issue that shows a later event goes on doing so.
  await digest(eventReport({ id: 3, event: withFunction('xPay') }))
  await digest(eventReport({ id: 4, value: 'later', event: withFunction('realPay') }))
  await call('grouping.regroup', { project: 1 })
  expect(shown()).toMatchObject([{ culprit: 'app.js in realPay' }])
})

test('rules are tried on kept events before they are saved', async () => {
  const { digest, rows, call } = setup()
  await digest(
    eventReport({ id: 1, event: withFunction('one') }),
    eventReport({ id: 2, event: withFunction('two') }),
  )
  const grouping = { fingerprint_rules: 'error.type:TypeError -> all-type-errors' }
  const found = await call('grouping.preview', { project: 1, grouping })
  expect(found).toMatchObject({ events: 2, changedEvents: 2 })
  expect(rows('select id from issues')).toHaveLength(2)
  const wrong = await call('grouping.preview', {
    project: 1,
    grouping: { fingerprint_rules: '-> ->' },
  })
  expect(wrong['refused']).toEqual(expect.any(String))
})
