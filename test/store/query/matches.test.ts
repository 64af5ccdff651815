import { describe, expect, test } from 'vitest'
import { parseLongAsBigint } from '../../../core/exact_json.ts'
import { queryOfBody } from '../../../store/query/body/body.ts'
import { queryOfText } from '../../../store/query/language/parser.ts'
import { matcherOf } from '../../../store/query/matches.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { cpuMsOf } from '../../cpu_time.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')

const event: JsonRecord = {
  '@timestamp': '2026-11-21T11:59:00.123456Z',
  message: 'User "bob" failed: Out of memory',
  log: { level: 'error' },
  'service.name': 'shop',
  host: { name: 'Web-1', ip: ['10.0.0.1', '::1'] },
  http: { response: { status_code: 503, took: 1.5 }, 'request.method': 'GET' },
  tags: ['a b', 'c', ['deep']],
  steps: [{ name: 'one', n: 1 }, { name: 'two', n: [2, 3] }, null],
  ok: false,
  nothing: null,
  empty: [],
  hollow: { in: null },
  'odd name': 'x',
}

test.each([
  ['', true],
  ['failed', true],
  ['FAILED', true],
  ['fail', false],
  ['"out of memory"', true],
  ['"of out"', false],
  ['message:(bob AND memory)', true],
  ['log.level:error', true],
  ['log.level:Error', false],
  ['log.level:(warn OR error)', true],
  ['service.name:shop', true],
  ['host.name:web-1', false],
  ['host.name:"Web-1"', true],
  ['host.ip:"10.0.0.1"', true],
  ['http.response.status_code:503', true],
  ['http.response.status_code:503.0', true],
  ['http.response.status_code>=500', true],
  ['http.response.status_code:[500 TO 503}', false],
  ['http.response.took<1.6', true],
  ['http.request.method:GET', true],
  ['tags:"a b"', true],
  ['tags:a', false],
  ['tags:deep', true],
  ['steps.name:two', true],
  ['steps.n:3', true],
  ['steps.n>3', false],
  ['ok:false', true],
  ['ok:true', false],
  ['NOT log.level:error', false],
  ['log.level:* AND NOT nothing:*', true],
  ['empty:* OR hollow:* OR hollow.in:* OR gone:*', false],
  ['steps:* AND host:*', true],
  ['odd\\ name:x', true],
  ['host.name:W*-?', true],
  ['host.name:w*', false],
  ['message:Mem*', true],
  ['@timestamp:[now-2m TO now]', true],
  ['@timestamp:[now-1m/m TO now]', true],
  ['@timestamp:{* TO now-1m}', false],
  ['@timestamp>="2026-11-21T11:59:00.123Z"', true],
  ['@timestamp>"2026-11-21T11:59:00.123456Z"', false],
  ['@timestamp<"2026-11-21T11:59:00.123457Z"', true],
])('%s: %s', (text, expected) => {
  const matches = matcherOf(queryOfText(text, { mode: 'weir' }), nowMs)
  expect(matches(event)).toBe(expected)
})

test.each([
  ['id:9007199254740993', true],
  ['id:9007199254740992', false],
  ['id>9007199254740992', true],
  ['id>9007199254740993', false],
  ['id<=9007199254740993.5', true],
  ['id:-9007199254740993', false],
  ['ids:18446744073709551615', true],
  ['ids:18446744073709551616', false],
  ['ids:5', true],
  ['id:*', true],
  ['id:90*', false],
])('numbers above 2^53 have every digit: %s: %s', (text, expected) => {
  const long = parseLongAsBigint('{"id":9007199254740993,"ids":[5,18446744073709551615]}')
  const matches = matcherOf(queryOfText(text, { mode: 'weir' }), nowMs)
  expect(matches(long as JsonRecord)).toBe(expected)
})

describe('search bodies', () => {
  const bool = (spec: string, ...levels: string[]) => {
    const should = levels.map((level) => ({ term: { 'log.level': level } }))
    return { bool: { should, minimum_should_match: spec } }
  }
  test.each<[JsonRecord, boolean]>([
    [{ term: { 'log.level': { value: 'ERROR', case_insensitive: true } } }, true],
    // A term is not analysed.
    [{ term: { message: 'Out' } }, false],
    [{ term: { message: 'out' } }, true],
    [{ term: { message: 'out of' } }, false],
    [{ terms: { 'http.response.status_code': ['200', '503'] } }, true],
    [{ range: { message: { gte: 'zebra' } } }, false],
    [{ range: { 'log.level': { gt: 'd', lt: 'f' } } }, true],
    [{ prefix: { 'host.name': { value: 'WEB', case_insensitive: true } } }, true],
    [{ prefix: { 'http.response.status_code': '5' } }, false],
    [{ wildcard: { 'host.name': 'Web-?' } }, true],
    [{ wildcard: { message: 'Mem*' } }, false],
    [{ wildcard: { message: { value: 'Mem*', case_insensitive: true } } }, true],
    [{ match: { message: { query: 'bob memory gone', minimum_should_match: '2' } } }, true],
    [{ match: { message: { query: 'bob memory gone', operator: 'and' } } }, false],
    [{ match_phrase_prefix: { message: 'out of mem' } }, true],
    [{ multi_match: { query: 'shop', fields: ['service.*', 'message'] } }, true],
    [{ match: { message: { query: '!', zero_terms_query: 'all' } } }, true],
    [{ match: { message: '!' } }, false],
    [bool('1', 'error', 'warn'), true],
    [bool('2', 'error', 'warn'), false],
    [bool('-1', 'error', 'warn'), true],
    [bool('75%', 'error', 'warn', 'info', 'debug'), false],
    [{ bool: { must: [{ match_all: {} }], should: [{ match_none: {} }] } }, true],
    [{ bool: { must_not: [{ exists: { field: 'host.*' } }] } }, false],
    [{ ids: { values: ['1'] } }, false],
  ])('%j: %s', (body, expected) => {
    expect(matcherOf(queryOfBody(body), nowMs)(event)).toBe(expected)
  })
})

test.each([
  ['message:/a+/', /regular expression/],
  ['"out memory"~3', /slop/],
  ['@timestamp:[yesterday TO now]', /yesterday/],
])('%s cannot be followed', (text, why) => {
  expect(() => matcherOf(queryOfText(text, { mode: 'weir' }), nowMs)).toThrow(why)
})

test('a wildcard takes time in proportion to its length and that of the text', () => {
  const pattern = `${'*a'.repeat(200)}*b`
  const matches = matcherOf(queryOfBody({ wildcard: { x: pattern } }), nowMs)
  const spent = cpuMsOf(() => expect(matches({ x: 'a'.repeat(20_000) })).toBe(false))
  expect(spent).toBeLessThan(3_000)
})

test('a lenient range with a bound that is no date finds nothing', () => {
  const of = (query_string: JsonRecord) => matcherOf(queryOfBody({ query_string }), nowMs)(event)
  expect(of({ query: '@timestamp:>= 2026' })).toBe(false)
  expect(() => of({ query: '@timestamp:>= 2026', default_field: 'message' })).toThrow('date')
})
