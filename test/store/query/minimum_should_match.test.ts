import { expect, test } from 'vitest'
import { leastOfTokens, minimumShouldMatch } from '../../../store/query/minimum_should_match.ts'
import { SearchError } from '../../../store/search.ts'

test.each([
  ['2', 4, 2],
  ['9', 4, 9],
  ['-1', 4, 3],
  ['-9', 4, 0],
  ['75%', 4, 3],
  ['75%', 5, 3],
  ['-25%', 4, 3],
  ['-25%', 5, 4],
  // A quarter of three is cut to none.
  ['-25%', 3, 3],
  ['2<-25%', 3, 3],
  ['3<90%', 3, 3],
  ['3<90%', 10, 9],
  ['2<-25% 9<-3', 2, 2],
  ['2<-25% 9<-3', 8, 6],
  ['2<-25% 9<-3', 10, 7],
  ['2 < 50%', 4, 2],
])('%s of %i is %i', (spec, optional, expected) => {
  expect(minimumShouldMatch(spec, optional)).toBe(expected)
})

test.each(['', 'a', '1.5', '<2', '2<', '2<3<4', '5%%'])('refuses %j', (spec) => {
  expect(() => minimumShouldMatch(spec, 3)).toThrow(SearchError)
})

test.each([
  [undefined, 3, 1],
  ['2', 3, 2],
  ['2', 1, 1],
  ['0', 1, 1],
])('%s of a text of %i tokens is %i', (spec, tokens, expected) => {
  expect(leastOfTokens(spec, tokens)).toBe(expected)
})
