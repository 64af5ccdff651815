import { expect, test } from 'vitest'
import type { Query } from '../../../../store/query/query.ts'
import {
  QuerySyntaxError,
  queryOfText,
  understand,
  type TextOptions,
} from '../../../../store/query/language/parser.ts'

/** A query in one line, as Lucene shows its own: `+must -not should`, `field:text`. */
function shown(query: Query): string {
  switch (query.kind) {
    case 'all':
    case 'none':
      return query.kind
    case 'exists':
      return `exists(${query.field})`
    case 'match':
    case 'phrase':
    case 'phrase_prefix': {
      const quote = query.kind === 'match' ? '' : '"'
      const text =
        query.kind === 'match' && query.text.includes(' ') ? `<${query.text}>` : query.text
      const msm = query.minimumShouldMatch ? `@${query.minimumShouldMatch}` : ''
      const fields = query.fields.join(',')
      const prefix = fields === '*' ? '' : `${fields}:`
      return `${prefix}${quote}${text}${quote}${query.slop > 0 ? `~${query.slop}` : ''}${msm}`
    }
    case 'range': {
      const { gt, gte, lt, lte } = query
      return `${query.field}:${gt === undefined ? '[' : '{'}${gt ?? gte ?? '*'} TO ${lt ?? lte ?? '*'}${lt === undefined ? ']' : '}'}`
    }
    case 'prefix':
    case 'wildcard':
      return `${query.field}:${query.pattern}`
    case 'regexp':
      return `${query.field}:/${query.pattern}/`
    case 'term':
      return `${query.field}=${query.values.join('|')}`
    case 'ids':
      return `ids(${query.values.join()})`
    case 'bool': {
      const parts = [
        ...query.must.map((each) => `+${shown(each)}`),
        ...query.filter.map((each) => `#${shown(each)}`),
        ...query.should.map((each) => shown(each)),
        ...query.mustNot.map((each) => `-${shown(each)}`),
      ]
      return `(${parts.join(' ')})${query.minimumShouldMatch ? `@${query.minimumShouldMatch}` : ''}`
    }
  }
}

const lucene = (text: string, options: TextOptions = {}) =>
  shown(queryOfText(text, { mode: 'lucene', ...options }))
const weir = (text: string, options: TextOptions = {}) => shown(queryOfText(text, options))

/** Compared with what OpenSearch 3.6's `_validate/query?explain` says of each. */
test.each([
  ['a b c', '<a b c>'],
  ['a AND b OR c', '(+a +b c)'],
  ['a OR b AND c', '(+b +c a)'],
  ['a OR b c', '(a b c)'],
  ['+a b c', '(+a <b c>)'],
  ['a b +c', '(+c <a b>)'],
  ['a -b c', '(a c -b)'],
  ['NOT a', '(-a)'],
  ['!a', '(-a)'],
  ['a NOT b', '(a -b)'],
  ['a AND NOT b', '(+a -b)'],
  ['a OR NOT b', '(a -b)'],
  ['a && b', '(+a +b)'],
  ['a||b', 'a||b'],
  ['a || b', '(a b)'],
  ['a b AND c d', '(+b +c a d)'],
  ['(a AND b) c', '((+a +b) c)'],
  ['k:(a b)', 'k:<a b>'],
  ['k:a b', '(k:a b)'],
  ['k:(a OR x:b)', '(k:a x:b)'],
  ['k:foo-bar', 'k:foo-bar'],
  ['a b^2 c', '(a b c)'],
  ['(a b)^2', '<a b>'],
  ['k:>5', 'k:{5 TO *]'],
  ['k:>=5', 'k:[5 TO *]'],
  ['k:(>=1 AND <5)', '(+k:[1 TO *] +k:[* TO 5})'],
  ['k:[1 TO 5}', 'k:[1 TO 5}'],
  ['k:{"a b" TO *]', 'k:{a b TO *]'],
  ['k:[* TO *]', 'exists(k)'],
  ['d:[now-1d/d TO now]', 'd:[now-1d/d TO now]'],
  ['"a b"~2', '"a b"~2'],
  ['"a \\"b"', '"a "b"'],
  ['*:*', 'all'],
  ['*', 'all'],
  ['k:*', 'exists(k)'],
  ['_exists_:k', 'exists(k)'],
  ['_exists_:""', 'none'],
  ['k:*a*b', 'k:*a*b'],
  ['k:a?', 'k:a?'],
  ['k:a\\*', 'k:a*'],
  ['k:\\(a', 'k:(a'],
  ['\\u0041', 'A'],
  ['m\\*:x', 'm*:x'],
  ['url:/api/v1', '(url:/api/ v1)'],
  ['message:/FO.*/', 'message:/FO.*/'],
  ['and', 'and'],
  ['bytes>=1000', 'bytes>=1000'],
  ['', 'none'],
])('lucene: %s', (text, expected) => {
  expect(lucene(text)).toBe(expected)
})

test.each([
  ['a b c', '<a b c>'],
  ['a b OR c', '(+a b c)'],
  ['a OR b', '(a b)'],
  ['a OR b c', '(+c a b)'],
  ['+a OR b', '(a b)'],
  ['a b -c', '(+<a b> -c)'],
  ['k:(a b)', 'k:<a b>'],
])('lucene with AND: %s', (text, expected) => {
  expect(lucene(text, { defaultOperator: 'and' })).toBe(expected)
})

test.each([
  ['a b c', { minimumShouldMatch: '2', defaultFields: ['x'] }, 'x:<a b c>@2'],
  ['a b c', { minimumShouldMatch: '2', defaultFields: ['x', 'y'] }, 'x,y:<a b c>'],
  ['a OR b OR c', { minimumShouldMatch: '2' }, '(a b c)@2'],
  ['a OR b', { defaultFields: ['x^3', 'y'] }, '(x,y:a x,y:b)'],
  ['a*', { defaultFields: ['x', 'y'] }, '(x:a* y:a*)'],
  ['a b', { textKind: 'phrase' as const }, '"a b"'],
])('lucene: %s with %j', (text, options, expected) => {
  expect(lucene(text, options)).toBe(expected)
})

test.each([
  ['', 'all'],
  ['a b', '(+a +b)'],
  ['a OR b AND c', '(a (+b +c))'],
  ['a b OR c d', '((+a +b) (+c +d))'],
  ['a or b and not c', '(a (+b -c))'],
  ['a -b', '(+a -b)'],
  ['not not a', 'a'],
  ['+a b', '(+a +b)'],
  ['(a or b) c', '(+(a b) +c)'],
  ['bytes>=1000', 'bytes:[1000 TO *]'],
  ['bytes >= 1000', 'bytes:[1000 TO *]'],
  ['bytes:>=1000', 'bytes:[1000 TO *]'],
  ['n>-5', 'n:{-5 TO *]'],
  ['n:-5', 'n:-5'],
  ['level: error', 'level:error'],
  ['http.*:x', 'http.*:x'],
  ['url.path:/api/*', 'url.path:/api/*'],
  ['url:/api/v1/users', 'url:/api/v1/users'],
  ['url:http://a.com/x?', 'url:http://a.com/x?'],
  ['path:/^a$/', 'path:/^a$/'],
  ['(/a b/)', '*:/a b/'],
  ['/var/log', '/var/log'],
  ['time:12:30', 'time:12:30'],
  ['@timestamp>2024-01-01T00:00:00Z', '@timestamp:{2024-01-01T00:00:00Z TO *]'],
  [
    'level:(error OR warn) AND url.path:/api/* AND NOT host.name:"web 1" AND bytes>=1000 AND @timestamp:[now-1h TO now} AND /regex/ "a phrase"',
    '(+(level:error level:warn) +url.path:/api/* +bytes:[1000 TO *] +@timestamp:[now-1h TO now} +*:/regex/ +"a phrase" -host.name:"web 1")',
  ],
])('weir: %s', (text, expected) => {
  expect(weir(text)).toBe(expected)
})

test.each([
  ['(a', 3, "expected ')' for the group that opens at column 1"],
  ['a)', 2, "')' closes no group"],
  ['a AND', 6, 'expected a value, found the end'],
  ['AND a', 1, 'expected a value before AND'],
  ['a AND AND b', 7, "expected a value, found 'AND'"],
  ['k:', 3, "expected a value after 'k:', found the end"],
  ['()', 2, 'expected a value between ( and )'],
  ['a~1', 2, 'fuzzy search (a~) is not supported'],
  ['"a', 1, `the quote that opens here is not closed: expected '"'`],
  ['k:[1 TO', 3, 'expected a range such as [1 TO 5] or {1 TO *}'],
  ['>5', 1, "expected a field before '>'"],
  ['a OR +b', 7, '+ cannot stand beside OR'],
  [
    'k:/a&b/',
    3,
    'regular expression [a&b]: intersection (&) is not supported; write \\& for the character itself at position 1',
  ],
  ['a^', 2, 'expected a number after ^ (\\^ or quotes for the character itself)'],
  ['a\\', 2, 'expected a character after \\'],
])('weir refuses %s at column %i', (text, column, message) => {
  const { mistakes } = understand(text)
  expect(mistakes.map((each) => [each.from + 1, each.message])).toContainEqual([column, message])
  expect(() => queryOfText(text)).toThrow(QuerySyntaxError)
})

test.each(['NOT NOT a', 'a:b:c', 'm*:x', 'a/b', '-', 'a~'])('lucene refuses %s', (text) => {
  expect(() => lucene(text)).toThrow(QuerySyntaxError)
})

test('an error has the words of Elasticsearch, and says where', () => {
  const thrown = () => queryOfText('a AND\n(b', { mode: 'lucene' })
  expect(thrown).toThrow(
    "Failed to parse query [a AND\n(b]: line 2, column 3: expected ')' for the group that opens at column 7",
  )
})

test('an editor gets every mistake, and what could be understood', () => {
  const { query, mistakes } = understand('level:(error OR ) AND bytes> c~ d)')
  expect(mistakes.map(({ from }) => from)).toEqual([16, 30, 33])
  expect(shown(query)).toContain('level:error')
})

test('what is too long or too deep is refused by name', () => {
  expect(() => queryOfText('a'.repeat(200_000))).toThrow(/exceeds max allowed length 102400/)
  expect(() => queryOfText('('.repeat(100_000))).toThrow(/nested deeper than 100/)
  expect(() => queryOfText('a OR '.repeat(2000) + 'a')).toThrow(/maxClauseCount is set to 1024/)
  expect(() => queryOfText('not '.repeat(20_000) + 'a')).not.toThrow()
  expect(() => queryOfText(`"${'a '.repeat(50_000)}"`)).not.toThrow()
})

test('a clause that has no token is left out beside required ones', () => {
  const query = queryOfText('a AND - b', { mode: 'lucene' })
  expect(query).toMatchObject({ must: [{ text: 'a' }, { text: '-', zeroTermsAll: true }] })
})
