import fc from 'fast-check'
import { expect, test } from 'vitest'
import { re2OfLucene, regexpOfFlags, textsOfLucene } from '../../../store/query/lucene_regexp.ts'
import { numericInterval } from '../../../store/query/numeric_interval.ts'
import { likeOfWildcard, re2OfWildcard, wildcardParts } from '../../../store/query/wildcard.ts'
import { SearchError } from '../../../store/search.ts'

test.each([
  ['ab?c*d+', '(?s)ab?c*d+'],
  ['a|b(c|)', '(?s)(?:a|b(?:(?:c|)))'],
  ['a{2}b{2,}c{2,3}', '(?s)a{2}b{2,}c{2,3}'],
  ['a.b', '(?s)a.b'],
  ['@*', '(?s)(?:.*)*'],
  ['(a{10}){100}', '(?s)(?:a{10}){100}'],
  ['#', '(?s)[^\\x00-\\x{10FFFF}]'],
  ['"a.b*"', '(?s)(?:a\\.b\\*)'],
  ['[a-z_.]', '(?s)[a-z_\\.]'],
  ['[^a-]', '(?s)[^a\\-]'],
  ['[\\]]', '(?s)[\\]]'],
  ['\\d\\W\\.', '(?s)[0-9][^A-Za-z0-9_]\\.'],
  ['^a$', '(?s)\\^a\\$'],
  ['a**', '(?s)(?:a*)*'],
  ['<7-23>', '(?s)(?:0*(?:[7-9]|(?:1[0-9]{1}|2[0-3])))'],
  ['', '(?s)'],
  ['()', '(?s)(?:)'],
])('%s is %s', (pattern, expected) => {
  expect(re2OfLucene(pattern)).toBe(expected)
})

test.each([
  'a&b',
  '~a',
  '(',
  'a)',
  '[a',
  '[]',
  '"a',
  '*a',
  'a{',
  'a{2',
  'a{3,2}',
  'a{1001}',
  '(a{10}|b){101}',
  '<a-b>',
  '<1>',
  'a\\',
  '[z-a]',
  '('.repeat(900),
])('refuses %s', (pattern) => {
  expect(() => re2OfLucene(pattern)).toThrow(SearchError)
})

test('cases', () => {
  expect(re2OfLucene('a', true)).toBe('(?is)a')
})

test.each([
  ['a~b&c@<1-2>#', 'ALL', 'a~b&c@<1-2>#'],
  ['a~b&c@<1-2>#', 'NONE', 'a\\~b\\&c\\@\\<1-2>\\#'],
  ['a~[~]@', 'ANYSTRING', 'a\\~[~]@'],
  ['<1-2>~', 'INTERVAL|COMPLEMENT', '<1-2>~'],
])('%s with the flags %s is %s', (pattern, flags, expected) => {
  expect(regexpOfFlags(pattern, flags)).toBe(expected)
})

test('intervals have exactly their numbers', () => {
  const number = fc.nat(3000)
  fc.assert(
    fc.property(number, number, fc.nat(4000), (from, to, tried) => {
      const pattern = new RegExp(`^(?:${numericInterval(String(from), String(to))})$`)
      const isIn = tried >= Math.min(from, to) && tried <= Math.max(from, to)
      expect(pattern.test(String(tried))).toBe(isIn)
    }),
    { numRuns: 1000 },
  )
})

test('whatever the pattern is, it is translated or refused', () => {
  const pattern = fc.string({
    unit: fc.constantFrom(...Array.from('ab\\.?*+{}[]()|^$"@#<>-&~,12😀')),
    maxLength: 20,
  })
  fc.assert(
    fc.property(pattern, (text) => {
      let translated: string
      try {
        translated = re2OfLucene(text)
      } catch (failure) {
        expect(failure).toBeInstanceOf(SearchError)
        return
      }
      // JavaScript's syntax is RE2's, as far as these go.
      const body = translated
        .slice(4)
        .replaceAll('\\x{10FFFF}', '\\u{10FFFF}')
        .replaceAll(/\\(["@#<>&~-])/g, (_, c: string) => `\\x${c.charCodeAt(0).toString(16)}`)
      expect(() => new RegExp(body, 'su')).not.toThrow()
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['/images/.*[0-9]{3}', ['/images/']],
  ['.*time out.*x+yz', ['', 'time out', 'yz']],
  ['a\\dbc\\.x', ['a', 'bc.x']],
  ['ab?c', ['a', 'c']],
  ['ab{2}(cd)*', ['a']],
  ['a|b', ['']],
  ['', ['']],
])('%s is in texts that have %j', (pattern, expected) => {
  const [beginning, ...texts] = textsOfLucene(pattern)
  expect([beginning, ...texts.filter((text) => text !== '')]).toEqual(expected)
})

test('whatever a pattern fits has its texts, one behind the other', () => {
  const pattern = fc.string({
    unit: fc.constantFrom(...Array.from('aab.?*+[]()|"\\'), '{1,2}', '(a|', 'b)'),
    maxLength: 10,
  })
  const value = fc.string({ unit: fc.constantFrom(...Array.from('aab.')), maxLength: 6 })
  fc.assert(
    fc.property(pattern, fc.array(value, { maxLength: 20 }), (text, values) => {
      let regexp: RegExp
      try {
        regexp = new RegExp(`^(?:${re2OfLucene(text).slice(4).replaceAll('\\"', '"')})$`, 'su')
      } catch {
        return
      }
      const texts = textsOfLucene(text)
      for (const each of values.filter((one) => regexp.test(one))) {
        expect(each.startsWith(texts[0])).toBe(true)
        let at = 0
        for (const part of texts) {
          const found = each.indexOf(part, at)
          expect(found).toBeGreaterThanOrEqual(0)
          at = found + part.length
        }
      }
    }),
    { numRuns: 2000 },
  )
})

test('wildcards', () => {
  expect(wildcardParts('a*?\\*b\\')).toEqual([
    { text: 'a' },
    { any: '*' },
    { any: '?' },
    { text: '*b\\' },
  ])
  expect(likeOfWildcard('a*b?c\\*d%_\\\\')).toBe('a%b_c*d\\%\\_\\\\')
  expect(re2OfWildcard('a.*b?', true)).toBe('(?is)a\\..*b.')
})
