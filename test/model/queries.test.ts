/**
 * Random documents and queries: what the SQL of a query finds is what a naive reading of it in JavaScript finds,
 * what it needs of a segment every document found has, and nothing of it becomes SQL text.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FieldTable, type AskedIndex } from '../../store/embedded/ask/field_table.ts'
import { defaultQueryLimits } from '../../store/query/limits.ts'
import { askedOf } from '../../store/embedded/ask/question.ts'
import { needsOf } from '../../store/embedded/ask/needs_of.ts'
import type { Needs } from '../../store/embedded/ask/needs.ts'
import { hasPhrase, hasToken, tokensIn } from '../../store/embedded/ask/text_tokens.ts'
import { promotedColumns } from '../../store/embedded/columns.ts'
import { join, sql } from '../../store/embedded/sql.ts'
import { tokensOf } from '../../store/query/analysis.ts'
import type { Query, Scalar } from '../../store/query/query.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { documentsTable, type DocumentsTable } from '../store/embedded/documents_table.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 600)
const nowMs = Date.parse('2026-11-21T12:00:00Z')

const words = [
  'error',
  'Error',
  'warn',
  'a',
  'a b',
  'x.y',
  '500',
  '',
  "it's",
  'Zoë',
  '漢字',
  '_',
  '%',
  "'; drop",
]
const word = fc.constantFrom(...words)
const text = fc.array(word, { maxLength: 5 }).map((each) => each.join(' '))
const long = fc.constantFrom(-1, 0, 1, 2, 500, 9007199254740991)
const double = fc.constantFrom(-0.5, 0, 0.1, 1, 1.5, 500)
const time = fc
  .integer({ min: 0, max: 9999 })
  .map((ms) => new Date(nowMs - ms * 61).toISOString().replace('Z', '000Z'))

/** One value, several, none, or null. */
const some = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue | undefined> =>
  fc.oneof(
    { weight: 6, arbitrary: value },
    { weight: 1, arbitrary: fc.array(fc.oneof(value, fc.constant(null)), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.constant(undefined) },
  )

const document = fc
  .record({
    '@timestamp': time,
    message: some(text),
    log: fc.record({ level: some(word) }),
    nested: fc.oneof(
      fc.record({ n: some(long) }),
      fc.array(fc.record({ n: some(long) }), { maxLength: 2 }),
    ),
    'dotted.n': some(long),
    d: some(double),
    b: some(fc.boolean()),
    mixed: some(fc.oneof(word, long, fc.boolean(), fc.record({ in: long }))),
    http: fc.record({
      response: fc.record({ status_code: some(fc.oneof(long, fc.constant('500'))) }),
    }),
  })
  .map((record) => JSON.parse(JSON.stringify(record)) as JsonRecord)

type Kind = 'keyword' | 'text' | 'number' | 'long' | 'boolean'
const fields: Readonly<Record<string, Kind>> = {
  message: 'text',
  'log.level': 'keyword',
  'nested.n': 'long',
  'dotted.n': 'long',
  d: 'number',
  b: 'boolean',
  mixed: 'keyword',
  'http.response.status_code': 'keyword',
  'no.such': 'keyword',
}
const names = Object.keys(fields)
const textual = names.filter((name) => fields[name] === 'keyword' || fields[name] === 'text')

const at = 'here'
const scalarFor = (name: string): fc.Arbitrary<Scalar> => {
  const kind = fields[name]
  if (kind === 'boolean') return fc.oneof(fc.boolean(), fc.constantFrom('true', 'false'))
  if (kind === 'long' || kind === 'number')
    return fc.oneof(long, double, fc.constantFrom('1', '0.1', '500'))
  return fc.oneof(word, long)
}
const onField = <T>(from: readonly string[], make: (name: string) => fc.Arbitrary<T>) =>
  fc.constantFrom(...from).chain(make)

const { query } = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3 },
    onField(names, (field) =>
      fc.record({
        kind: fc.constant('term' as const),
        field: fc.constant(field),
        values: fc.array(scalarFor(field), { minLength: 1, maxLength: 3 }),
        caseInsensitive: fields[field] === 'keyword' ? fc.boolean() : fc.constant(false),
        at: fc.constant(at),
      }),
    ),
    onField(names, (field) =>
      fc.record(
        {
          kind: fc.constant('range' as const),
          field: fc.constant(field),
          gt: scalarFor(field),
          gte: scalarFor(field),
          lt: scalarFor(field),
          lte: scalarFor(field),
          at: fc.constant(at),
        },
        { requiredKeys: ['kind', 'field', 'at'] },
      ),
    ),
    fc.record(
      {
        kind: fc.constant('range' as const),
        field: fc.constant('@timestamp'),
        gt: time,
        gte: time,
        lt: time,
        lte: time,
        at: fc.constant(at),
      },
      { requiredKeys: ['kind', 'field', 'at'] },
    ),
    fc
      .record({ kind: fc.constant('exists' as const), field: fc.constantFrom(...names) })
      .map((each) => ({ ...each, at })),
    onField(textual, (field) =>
      fc.record({
        kind: fc.constantFrom('prefix' as const, 'wildcard' as const),
        field: fc.constant(field),
        pattern: fc.constantFrom('e', 'err*', '*r*', 'x?y', 'Err', '*', '', '5*'),
        caseInsensitive: fc.constant(false),
        at: fc.constant(at),
      }),
    ),
    fc.record({
      kind: fc.constantFrom('match' as const, 'phrase' as const),
      fields: fc.subarray(textual, { minLength: 1 }),
      text,
      operator: fc.constantFrom('or' as const, 'and' as const),
      slop: fc.constant(0),
      zeroTermsAll: fc.boolean(),
      lenient: fc.constant(true),
      at: fc.constant(at),
    }),
    fc.record({
      kind: fc.constant('bool' as const),
      must: fc.array(tie('query'), { maxLength: 2 }),
      filter: fc.array(tie('query'), { maxLength: 1 }),
      should: fc.array(tie('query'), { maxLength: 3 }),
      mustNot: fc.array(tie('query'), { maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant('bool' as const),
      must: fc.constant([]),
      filter: fc.constant([]),
      should: fc.array(tie('query'), { minLength: 1, maxLength: 4 }),
      mustNot: fc.constant([]),
      minimumShouldMatch: fc.constantFrom('1', '2', '75%', '-1'),
    }),
  ),
}))

/** Scalars at a dotted path, through objects, dots in names and arrays. */
function valuesAt(value: JsonValue, path: string): JsonValue[] {
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, path))
  if (path === '') return value === null || typeof value === 'object' ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === path) return valuesAt(inner, '')
    return path.startsWith(`${name}.`) ? valuesAt(inner, path.slice(name.length + 1)) : []
  })
}

type Value = string | number | boolean
function typed(value: JsonValue | Scalar, kind: Kind): Value {
  if (kind === 'long' || kind === 'number') return Number(value)
  return kind === 'boolean' ? value === true || value === 'true' : String(value)
}

/** By code points, as bytes of UTF-8 sort. */
const compare = (one: Value, other: Value): number => {
  if (typeof one === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other as string))
  return Number(one) - Number(other)
}

const wildcard = (pattern: string) =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su')

function naive(each: Query, source: JsonRecord): boolean {
  switch (each.kind) {
    case 'all':
      return true
    case 'none':
    case 'ids':
      return false
    case 'term': {
      const kind = fields[each.field]!
      const lower = (value: Value) => (each.caseInsensitive ? String(value).toLowerCase() : value)
      const wanted = each.values.map((value) => lower(typed(value, kind)))
      return terms(source, each.field).some((value) => wanted.includes(lower(value)))
    }
    case 'range': {
      const kind = each.field === '@timestamp' ? 'keyword' : fields[each.field]!
      const bound = (value: Scalar | undefined, fits: (order: number) => boolean, found: Value) =>
        value === undefined || fits(compare(found, typed(value, kind)))
      const found =
        each.field === '@timestamp' ? [source['@timestamp'] as string] : terms(source, each.field)
      return found.some(
        (value) =>
          bound(each.gt, (order) => order > 0, value) &&
          bound(each.gte, (order) => order >= 0, value) &&
          bound(each.lt, (order) => order < 0, value) &&
          bound(each.lte, (order) => order <= 0, value),
      )
    }
    case 'exists': {
      const { field } = each
      return valuesAt(source, field).length > 0
    }
    case 'prefix':
      return terms(source, each.field).some((value) => String(value).startsWith(each.pattern))
    case 'wildcard': {
      const isText = fields[each.field] === 'text'
      const test_ = wildcard(isText ? each.pattern.toLowerCase() : each.pattern)
      return terms(source, each.field).some((value) => test_.test(String(value)))
    }
    case 'regexp':
      return false
    case 'match':
    case 'phrase':
    case 'phrase_prefix': {
      const tokens = tokensOf(each.text)
      return each.fields.some((field) => {
        const values = valuesAt(source, field).map(String)
        if (field === 'no.such') return false
        if (fields[field] !== 'text') return values.includes(each.text)
        if (tokens.length === 0) return each.zeroTermsAll
        const lists = values.map(tokensOf)
        if (each.kind === 'phrase') {
          return lists.some((list) =>
            list.some((_, start) => tokens.every((token, place) => list[start + place] === token)),
          )
        }
        const has = (token: string) => lists.some((list) => list.includes(token))
        return each.operator === 'and' ? tokens.every(has) : tokens.some(has)
      })
    }
    case 'bool': {
      const all = [...each.must, ...each.filter].every((inner) => naive(inner, source))
      const not = each.mustNot.some((inner) => naive(inner, source))
      const count = each.should.filter((inner) => naive(inner, source)).length
      const size = each.should.length
      const spec = each.minimumShouldMatch
      const needed =
        spec === undefined
          ? Number(each.must.length + each.filter.length === 0 && size > 0)
          : { '1': 1, '2': 2, '75%': Math.floor(size * 0.75), '-1': size - 1 }[spec]!
      const least = Number(each.must.length + each.filter.length === 0 && size > 0)
      return all && !not && count >= Math.max(needed, least)
    }
  }
}

/** What a term is compared with: a text's tokens, any other's values. */
function terms(source: JsonRecord, field: string): Value[] {
  const kind = fields[field]!
  const values = valuesAt(source, field)
  if (kind === 'text') return values.flatMap((value) => tokensOf(String(value)))
  return values.map((value) => typed(value, kind))
}

const sample = fc.sample(document, { numRuns: 150, seed: 7 })
let table: DocumentsTable
let index: AskedIndex
beforeAll(async () => {
  // One of each, so that every field has the kind that `fields` says.
  const first: JsonRecord = {
    '@timestamp': '2026-11-21T12:00:00.000000Z',
    nested: { n: 1 },
    'dotted.n': 1,
    d: 0.5,
    b: true,
    mixed: 'word',
    log: { level: 'x' },
    message: 'words',
    http: { response: { status_code: 'x' } },
  }
  sample.unshift(first)
  table = await documentsTable(sample.map((source) => ({ source })))
  const [[name, shapes]] = [...table.shapes] as [[string, AskedIndex['shapes']]]
  index = { name, mapping: undefined, shapes }
})
afterAll(() => table.close())

const promoted = new Map(promotedColumns.map(({ path }) => [path, true]))
const wordsOf = (given: string) => given.toLowerCase().match(/[a-z0-9]+/g) ?? []

function has(source: JsonRecord, { fromMicros, toMicros, words: groups, equals }: Needs): boolean {
  const micros = BigInt(Date.parse(source['@timestamp'] as string)) * 1000n
  if (fromMicros !== undefined && micros < fromMicros) return false
  if (toMicros !== undefined && micros > toMicros) return false
  const there = new Set(wordsOf(JSON.stringify(source)))
  const fits = (given: string) => wordsOf(given).every((each) => there.has(each))
  if (!groups.every((group) => group.some(fits))) return false
  return [...equals].every(([path, values]) => {
    const found = valuesAt(source, path)
    return promoted.has(path) && found.some((value) => values.includes(String(value)))
  })
}

test('the SQL of a query finds what the query means', async () => {
  const deadline = new AbortController().signal
  const { from, database } = table
  await fc.assert(
    fc.asyncProperty(query, async (each) => {
      const asked = askedOf({ indices: [index], query: each, from, database, deadline, nowMs })
      const rows = await database.rows(
        sql`select _ordinal, ${asked.condition(each)} as holds from ${from} where ${asked.where} order by 1`,
        deadline,
      )
      const expected = [...sample.keys()].filter((place) => naive(each, sample[place]!))
      expect(rows.map(({ _ordinal }) => _ordinal)).toEqual(expected)
      expect(rows.every(({ holds }) => holds === true)).toBe(true)
      const meaning = {
        fields: new FieldTable([index]),
        nowMs,
        maxFields: defaultQueryLimits.maxClauses,
      }
      const needs = needsOf(each, meaning)
      for (const place of expected)
        expect(has(sample[place]!, needs), JSON.stringify(sample[place])).toBe(true)
    }),
    { numRuns: runs },
  )
})

test('tokens and phrases are found by SQL as by the analyser', async () => {
  const deadline = new AbortController().signal
  const piece = fc.constantFrom(
    'a',
    'B',
    'cd',
    '1',
    '23',
    '.',
    ',',
    ':',
    ';',
    "'",
    '’',
    '_',
    '-',
    ' ',
    '/',
    'é',
    'e\u0301',
    '\u0301',
    '\u200d',
    '⚠\ufe0f',
    'ß',
    '漢',
    'ひ',
    'カ',
    'ー',
    '🙂',
    '👍🏽',
    '²',
    'Ⅷ',
    '٣',
    '(',
    '·',
    '\n',
  )
  const given = fc.array(piece, { maxLength: 12 }).map((each) => each.join(''))
  // Marks: of a letter before what joins digits, of an emoji, of nothing.
  const marked: [string, string][] = [
    ['e\u0301’٣', '٣'],
    ['⚠\ufe0fdisk full', 'disk full'],
    ['a’\u0301b \u0301c', 'a b c'],
    ['_\u200d a', 'a'],
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(given, given), { minLength: 1, maxLength: 4 }),
      async (pairs) => {
        const asked = pairs.map(([value, other]) => {
          const wanted = tokensOf(other).slice(0, 3)
          const own = tokensOf(value)
          const phrase = wanted.length === 0 ? ['a'] : wanted
          const mine = own.slice(Math.floor(own.length / 2)).slice(0, 2)
          return { value, own, tests: [phrase, mine.length === 0 ? ['b'] : mine] }
        })
        const columns = asked.flatMap(({ value, tests }) => {
          const bound = sql`cast(${value} as varchar)`
          return [
            tokensIn(bound),
            ...tests.flatMap((each) => [
              hasToken(bound, each[0]!),
              hasPhrase(bound, each, false),
              hasPhrase(bound, each, true),
            ]),
          ]
        })
        const [row] = await table.database.rows(
          sql`select ${join(
            columns.map((each, place) => sql`${each} as ${{ text: `c${place}`, values: [] }}`),
            ', ',
          )}`,
          deadline,
        )
        const values = Object.values(row!)
        for (const [place, { value, own, tests }] of asked.entries()) {
          const [tokens, ...found] = values.slice(place * 7, place * 7 + 7)
          expect(tokens, JSON.stringify(value)).toEqual(own)
          const follows = (each: readonly string[], open: boolean) =>
            own.some((_, start) =>
              each.every((token, nth) => {
                const other = own[start + nth]
                return open && nth === each.length - 1
                  ? other?.startsWith(token) === true
                  : other === token
              }),
            )
          const expected = tests.flatMap((each) => [
            own.includes(each[0]!),
            follows(each, false),
            follows(each, true),
          ])
          expect(found, JSON.stringify({ value, tests })).toEqual(expected)
        }
      },
    ),
    { numRuns: Math.ceil(runs / 20) + marked.length, examples: marked.map((each) => [[each]]) },
  )
})

test('nothing that a user writes becomes SQL', () => {
  const marker = 'ZQ7marker'
  const evil = fc.constantFrom(
    `${marker}`,
    `'${marker}`,
    `"${marker}`,
    `${marker}')--`,
    `$${marker}`,
    `${marker}*`,
    `\\${marker}?`,
  )
  const deadline = new AbortController().signal
  fc.assert(
    fc.property(
      evil,
      evil,
      fc.constantFrom('keyword' as const, 'text' as const, 'flattened' as const),
      fc.constantFrom(
        'term',
        'prefix',
        'wildcard',
        'match',
        'phrase',
        'exists',
        'ids',
        'range',
        'phrase_prefix',
      ),
      (path, value, type, kind) => {
        const jsonPath = `$.${JSON.stringify(path)}`
        const shape = { path, jsonPath, many: kind === 'match', kind: 'string' } as const
        const field = { path, type, source: path, indexed: true, ignoreAbove: 10 }
        const mapping = { fields: [field], dynamic: 'true', given: {} } as const
        const base = {
          kind,
          field: path,
          fields: [path],
          values: [value],
          pattern: value,
          text: `${value} ${value}`,
        }
        const more = {
          gte: value,
          at,
          caseInsensitive: true,
          operator: 'and',
          slop: kind === 'phrase' ? 2 : 0,
          lenient: false,
          zeroTermsAll: false,
        }
        const each = { ...base, ...more } as unknown as Query
        const { from, database } = table
        const indices = [{ name: value, mapping, shapes: [shape], filter: each }]
        const asked = askedOf({ indices, query: each, from, database, deadline, nowMs })
        expect(asked.where.text).not.toContain(marker)
        expect(asked.field(path)!.scalar.text).not.toContain(marker)
      },
    ),
    { numRuns: runs },
  )
})
