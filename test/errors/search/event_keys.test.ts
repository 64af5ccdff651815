import { expect, test } from 'vitest'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import { conditionOf } from '../../../errors/search/condition.ts'
import { eventFits } from '../../../errors/search/event_fits.ts'
import { keptEventsOf } from '../../../errors/search/kept_events.ts'
import { parseSearch } from '../../../errors/search/parse_search.ts'
import { SearchMeaningError } from '../../../errors/search/scope.ts'
import { eventOf, issueOf } from '../api/made.ts'
import { nowMs } from '../api/asking.ts'
import { plant } from './planted.ts'

const trace = (trace_id: string) => ({ contexts: { trace: { trace_id } } })
const said = (value: string) => ({ exception: { values: [{ type: 'Refused', value }] } })

/** Of the issues 1 to 4. */
const events: readonly SentryEvent[] = [
  eventOf({ ...said('by 10.0.0.1'), ...trace('4bf92f3577b34da6a3ce929d0e0e4736'), dist: 'x64' }),
  eventOf({ ...said('by 1 of 10 with 0'), request: { method: 'POST', url: 'https://shop.test/' } }),
  eventOf({
    ...said('by 7.7.7.7'),
    request: { method: 'GET' },
    sdk: { name: 'sentry.python', version: '2.1.0' },
  }),
  eventOf({ ...said('7 times'), sdk: { name: 'sentry.javascript.node', version: '10.0.0' } }),
]
const issues = events.map((event, at) =>
  issueOf(at + 1, { title: `Refused ${at}`, culprit: '', kept: [event] }),
)
const database = plant(issues)
const scope = {
  database,
  projects: new Map([['shop', 1]]),
  actor: 'ana',
  nowMs,
  issuesWith: keptEventsOf(database, () => undefined, { found: 1000, read: 1000 }),
}

function issuesThatFit(query: string): number[] {
  const { sql, values } = conditionOf(parseSearch(query), scope)
  return database
    .prepare(`select i.id from issues i where ${sql} order by i.id`)
    .all(...values)
    .map(({ id }) => Number(id))
}

test.each([
  ['10.0.0.1', [1]],
  ['"10.0.0.1"', [1]],
  ['7.7.7.7', [3]],
  ['7', [3, 4]],
  ['*', [1, 2, 3, 4]],
  ['**', [1, 2, 3, 4]],
  ['!*', []],
  ['* 7.7.7.7', [3]],
  ['refus*', [1, 2, 3, 4]],
  ['*efused', [1, 2, 3, 4]],
  ['\\*', []],
])('words %s', (query, expected) => {
  expect(issuesThatFit(query)).toEqual(expected)
})

test.each([
  ['http.method:POST', [2]],
  ['http.method:[POST,GET]', [2, 3]],
  ['http.method:p*', [2]],
  ['!http.method:GET', [1, 2, 4]],
  ['has:http.method', [2, 3]],
  ['http.method:""', [1, 4]],
  ['http.url:https://shop.test/', [2]],
  ['sdk.name:sentry.python', [3]],
  ['sdk.name:sentry.*', [3, 4]],
  ['sdk.version:10.0.0', [4]],
  ['trace:4bf92f3577b34da6a3ce929d0e0e4736', [1]],
  ['trace:4BF92F35-77b3-4da6-a3ce-929d0e0e4736', [1]],
  ['has:trace', [1]],
  ['trace:""', [2, 3, 4]],
  ['dist:x64', [1]],
])('%s is asked of issues, and of events', (query, expected) => {
  expect(issuesThatFit(query)).toEqual(expected)
  const fitting = events.flatMap((event, at) => {
    const called = () => ({ title: '', culprit: '' })
    return eventFits(parseSearch(query), { event, called, nowMs }) ? [at + 1] : []
  })
  expect(fitting).toEqual(expected)
})

test.each(['stack.lineno:3', 'geo.city:Berlin', 'trace.span:1', 'has:http.referer stack.in_app:1'])(
  '%s is refused by its name',
  (query) => {
    expect(() => issuesThatFit(query)).toThrow(SearchMeaningError)
  },
)
