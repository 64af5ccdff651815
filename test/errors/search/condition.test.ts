import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DatabaseSync } from 'node:sqlite'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import { conditionOf } from '../../../errors/search/condition.ts'
import { keptEventsOf } from '../../../errors/search/kept_events.ts'
import { parseSearch } from '../../../errors/search/parse_search.ts'
import { SearchMeaningError, type SearchScope } from '../../../errors/search/scope.ts'
import { matches } from './matcher.ts'
import { plant, type PlantedIssue } from './planted.ts'

const nowMs = Date.parse('2026-02-01T12:00:00Z')
const hour = 3_600_000
const projects = new Map([
  ['shop', 1],
  ['blog', 2],
])

/** One of them, scattered. */
const pick = <T>(list: readonly T[], at: number): T =>
  list[(Math.imul(at + list.length, 2_654_435_761) >>> 9) % list.length]!

/** Issues, each of another mixture, the same in each run. */
function made(id: number): PlantedIssue {
  const kept = Array.from({ length: 1 + (id % 2) }, (_, place): SentryEvent => {
    const at = id * 13 + place * 5
    return {
      event_id: '',
      timestamp: 1_700_000_000 + at,
      received: 0,
      type: 'error',
      level: 'error',
      platform: 'python',
      ...(at % 4 !== 0 && {
        release: pick(['shop@1.0.0', 'shop@1.10.0', 'shop@1.2.0-rc.1', 'nightly'], at),
      }),
      ...(at % 5 !== 0 && { environment: pick(['prod', 'Staging', 'dev_1'], at) }),
      exception: {
        values: [
          {
            type: pick(['ValueError', 'TypeError', 'Timeout'], at),
            value: pick(['no such key', 'Connection refused by db-1', '100% of a_b'], at),
            stacktrace: {
              frames: [
                {
                  filename: pick(['app/views/cart.py', 'lib/db.py', 'main.py'], at),
                  function: pick(['get_cart', 'connect', '<lambda>'], at),
                },
              ],
            },
          },
        ],
      },
      tags: [
        ['server', pick(['web-1', 'web-2', 'Web-10'], at)],
        ...(at % 4 === 1 ? [['plan', pick(['pro', 'a*b', ''], at)] as [string, string]] : []),
      ].filter(([, value]) => value !== '') as [string, string][],
      ...(at % 4 === 0 && { user: { id: String(at % 7), email: `u${at % 7}@example.com` } }),
      request: { url: pick(['https://shop.test/cart', 'https://shop.test/pay'], at) },
      breadcrumbs: {
        values: [{ type: 'default', message: pick(['clicked pay', 'loaded page'], at) }],
      },
    }
  })
  const [main] = kept[0]!.exception!.values
  return {
    id,
    project: 1 + (id % 2),
    level: pick(['error', 'warning', 'fatal'], id),
    status: pick(['unresolved', 'unresolved', 'resolved', 'ignored'], id),
    substatus: pick(['new', 'regressed', null, 'archived_forever'], id),
    assignee: pick([null, 'ana', 'Bob@example.com'], id),
    title: `${main!.type}: ${main!.value}`,
    culprit: pick(['cart in get_cart', 'db in connect'], id),
    errorType: main!.type!,
    errorValue: main!.value!,
    platform: 'python',
    firstSeenMs: nowMs - id * hour,
    lastSeenMs: nowMs - (id % 5) * hour,
    events: id * 3,
    users: id % 4,
    bookmarkedBy: id % 6 === 0 ? ['ana'] : [],
    kept,
  }
}

const issues = Array.from({ length: 16 }, (_, place) => made(place + 1))
let database: DatabaseSync
let scope: SearchScope

beforeAll(() => {
  database = plant(issues)
  const issuesWith = keptEventsOf(database, () => {}, { found: 20_000, read: 1_000 })
  scope = { database, projects, actor: 'ana', nowMs, issuesWith }
})
afterAll(() => database.close())

function found(text: string): number[] {
  const { sql, values } = conditionOf(parseSearch(text), scope)
  const rows = database
    .prepare(`select i.id from issues i where ${sql} order by i.id`)
    .all(...values)
  return rows.map((row) => Number(row['id']))
}

const expected = (text: string): number[] =>
  issues.filter((issue) => matches(parseSearch(text), issue, nowMs)).map(({ id }) => id)

const terms = [
  'is:unresolved',
  'is:archived',
  'is:assigned',
  'is:regressed',
  '!is:resolved',
  'level:error',
  'level:[Warning,fatal]',
  'assigned:me',
  'assigned:none',
  'assigned:bob@*',
  'bookmarks:me',
  'title:Value*',
  'title:"timeout: 100% of a_b"',
  'message:refused',
  'message:100%',
  'message:a_b',
  'error.type:TypeError',
  'error.type:T*',
  'stack.filename:*/views/*.py',
  'stack.filename:main.py',
  'stack.filename:*.py',
  'stack.function:"<lambda>"',
  'stack.function:get*',
  'timesSeen:>30',
  'timesSeen:<=9',
  'timesSeen:12',
  'firstSeen:-24h',
  'firstSeen:+10h',
  'release:shop@1.0.0',
  'release:shop@1.*',
  'release:>=1.2.0',
  'release:<shop@1.2.0',
  'environment:prod',
  'environment:staging',
  'environment:s*',
  'user.id:3',
  'user.email:u3@example.com',
  'user.email:*@example.com',
  'user.id:""',
  'user.email:["",u3@example.com]',
  'server:web-1',
  'server:web*',
  'plan:a\\*b',
  'plan:a*b',
  'plan:""',
  'has:plan',
  '!has:plan',
  'project:shop',
  'refused',
  '"refused by"',
  '"by refused"',
  'connection',
  'Timeo',
  'cart.py',
  '"clicked pay"',
  'u3@example.com',
  '100%',
  '"%"',
  'web-1',
  '_',
] as const

describe('finds what a naive matcher finds', () => {
  test.each(terms)('%s', (text) => {
    expect(found(text)).toEqual(expected(text))
  })

  test('together, in any nesting', () => {
    const term = fc.constantFrom(...terms)
    const search = fc.letrec<{ any: string }>((tie) => ({
      any: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        term,
        fc
          .tuple(tie('any'), fc.constantFrom(' ', ' OR ', ' AND '), tie('any'))
          .map(([a, word, b]) => `(${a}${word}${b})`),
        tie('any').map((text) => `!(${text})`),
      ),
    })).any
    fc.assert(
      fc.property(search, (text) => {
        expect(found(text)).toEqual(expected(text))
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 30) },
    )
  })
})

test('most terms fit some issues and not all', () => {
  const telling = terms.filter((text) => {
    const fitting = expected(text).length
    return fitting > 0 && fitting < issues.length
  })
  expect(telling.length).toBeGreaterThan(terms.length * 0.8)
})

test.each([
  ['is:lost', 'there is no is:lost'],
  ['timesSeen:many', 'expected a number'],
  ['firstSeen:soon', 'expected a time'],
  ['level:>error', 'level knows no >'],
  ['release:>nightly', 'no semantic version'],
  ['a stack.abs_path:x', 'at column 3: stack.abs_path is not searched: ask stack.filename'],
  ['error.handled:maybe', 'expected true or false'],
])('%s is refused', (text, problem) => {
  expect(() => found(text)).toThrow(SearchMeaningError)
  expect(() => found(text)).toThrow(problem)
})

test('no text becomes SQL', () => {
  const nasty = fc.oneof(
    fc.constantFrom(`'`, `' or 1=1 --`, `"`, '%', '_', '\\', '?', ';', '\0', '(', '* *'),
    fc.string(),
  )
  const key = fc.constantFrom(
    'title',
    'level',
    'release',
    'x',
    'user.id',
    'stack.function',
    'environment',
    'assigned',
    'tags[a]',
    'has',
  )
  fc.assert(
    fc.property(key, nasty, (name, value) => {
      const text = `${name}:"${value.replaceAll(/[\\"]/g, '\\$&')}"`
      const { sql } = conditionOf(parseSearch(text), scope)
      expect(sql).toMatch(/^[a-z0-9_.,()?<>='\s\\]*(?:''|->>|[a-z0-9_.,()?<>='\s\\])*$/)
      found(text)
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 30) },
  )
})
