import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultSearchLimits, parseSearch } from '../../../errors/search/parse_search.ts'
import { SearchSyntaxError } from '../../../errors/search/search_error.ts'
import type { SearchNode } from '../../../errors/search/tree.ts'

/** A tree in few characters: `(& …)`, `(| …)`, `!…`, `key=a*b,c`, `'words'`. */
function shown(node: SearchNode): string {
  switch (node.kind) {
    case 'and':
    case 'or':
      return `(${[node.kind === 'and' ? '&' : '|', ...node.nodes.map(shown)].join(' ')})`
    case 'not':
      return `!${shown(node.node)}`
    case 'text':
      return node.phrase ? `"${node.text}"` : `'${node.text}'`
    case 'term': {
      const values = node.values.map(({ pieces }) => pieces.join('*')).join(',')
      return `${node.tag ? '#' : ''}${node.key}${node.operator}${values}`
    }
  }
}

test.each([
  ['', '(&)'],
  ['   ', '(&)'],
  ['is:unresolved', 'is=unresolved'],
  ['is:unresolved level:error', '(& is=unresolved level=error)'],
  ['is:unresolved AND level:error', '(& is=unresolved level=error)'],
  ['a:1 OR b:2 c:3', '(| a=1 (& b=2 c=3))'],
  ['(a:1 OR b:2) c:3', '(& (| a=1 b=2) c=3)'],
  ['!level:error', '!level=error'],
  ['NOT level:error', '!level=error'],
  ['!(a:1 b:2)', '!(& a=1 b=2)'],
  ['level:!=error', '!level=error'],
  ['timesSeen:>10', 'timesSeen>10'],
  ['timesSeen:<=10', 'timesSeen<=10'],
  ['release:>=1.2.3', 'release>=1.2.3'],
  ['firstSeen:-24h age:+3d', '(& firstSeen=-24h age=+3d)'],
  ['user.email:"Jane Doe"', 'user.email=Jane Doe'],
  ['message:"say \\"hi\\""', 'message=say "hi"'],
  ['release:[1.0, "2 0" ,3.*]', 'release=1.0,2 0,3.*'],
  ['stack.filename:*/views/*.py', 'stack.filename=*/views/*.py'],
  ['has:user !has:release', '(& has=user !has=release)'],
  ['url:https://a.test/x?y=1', 'url=https://a.test/x?y=1'],
  ['tags[is]:x', '#is=x'],
  ['"my tag":x', 'my tag=x'],
  ['connection refused', "(& 'connection' 'refused')"],
  ['"connection refused"', '"connection refused"'],
  ['!timeout', "!'timeout'"],
  ['https://a.test/x', "'https://a.test/x'"],
  ['TypeError: x is', "(& 'TypeError:' 'x' 'is')"],
  ['culprit:render(props) x', "(& culprit=render(props) 'x')"],
  ['(culprit:render(props) x)', "(& culprit=render(props) 'x')"],
  ['f(x) a)', "(& 'f(x)' 'a)')"],
  ['a ! b', "(& 'a' '!' 'b')"],
  ['ORDER', "'ORDER'"],
  ['key:""', 'key='],
])('reads %s', (text, tree) => {
  expect(shown(parseSearch(text))).toBe(tree)
})

test('a star in a value stands for any text, unless it is escaped', () => {
  const [first, second] = ['a:x*y**z', 'a:"x\\*y*"'].map((text) => parseSearch(text))
  expect(first).toMatchObject({ values: [{ pieces: ['x', 'y', 'z'] }] })
  expect(second).toMatchObject({ values: [{ pieces: ['x*y', ''] }] })
})

test.each([
  ['level:', 7, "expected a value after 'level:'"],
  ['a level: b', 9, "expected a value after 'level:'"],
  ['(a:1', 1, "this '(' is not closed"],
  ['"abc', 1, 'this quote is not closed'],
  ['a:"abc', 3, 'this quote is not closed'],
  ['a:[1,2', 3, "this '[' is not closed"],
  ['a:[1 2]', 3, undefined],
  ['a:[]', 4, 'expected a value'],
  ['a:[1,]', 6, 'expected a value'],
  ['a:>', 4, 'expected a value'],
  ['OR a', 1, 'expected a term before OR'],
  ['a OR', 5, 'expected a term after OR'],
  ['a AND OR b', 7, 'expected a term after AND'],
  ['NOT', 4, 'expected a term after NOT'],
  ['()', undefined, undefined],
  ['('.repeat(30), 22, 'it is nested deeper than 20'],
  ['!'.repeat(30) + 'a', 22, 'it is nested deeper than 20'],
  ['a '.repeat(101), 201, 'it has more than 100 terms'],
  ['a:1*2*3*4*5*6*7*8*9*0', 3, 'a value has more than 8 stars'],
  ['a'.repeat(5000), 4097, 'it is longer than 4096 characters'],
])('mistake %#: refused with its place, or read', (text, column, problem) => {
  if (problem === undefined) return expect(() => parseSearch(text)).not.toThrow()
  let thrown: unknown
  try {
    parseSearch(text)
  } catch (failure) {
    thrown = failure
  }
  expect(thrown).toBeInstanceOf(SearchSyntaxError)
  expect((thrown as SearchSyntaxError).message).toContain(problem)
  expect((thrown as SearchSyntaxError).at + 1).toBe(column)
})

test('whatever the text, it is read or refused with a place in it', () => {
  const pieces = [
    'a',
    ':',
    ' ',
    '"',
    '\\',
    '(',
    ')',
    '[',
    ']',
    ',',
    '!',
    '*',
    'OR ',
    'AND ',
    '>=',
    'is:',
    'NOT ',
    'é',
  ]
  const text = fc.oneof(
    fc.array(fc.constantFrom(...pieces)).map((all) => all.join('')),
    fc.string(),
  )
  fc.assert(
    fc.property(text, (given) => {
      try {
        parseSearch(given)
      } catch (failure) {
        if (!(failure instanceof SearchSyntaxError)) throw failure
        expect(failure.at).toBeGreaterThanOrEqual(0)
        expect(failure.at).toBeLessThanOrEqual(given.length)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('limits can be set', () => {
  const limits = { ...defaultSearchLimits, maxTerms: 1 }
  expect(() => parseSearch('a b', limits)).toThrow('more than 1 terms')
})
