import { expect, test } from 'vitest'
import { findsAll } from '../../../errors/search/finds_all.ts'
import { parseSearch } from '../../../errors/search/parse_search.ts'

test.each([
  '',
  '*',
  '""',
  'title:*',
  'title:"**"',
  'level:[error,*]',
  'error.type:*',
  'assigned:*',
  'last_release:*',
  'has:level',
  'has:title',
  '!title:""',
  'NOT (title:"" is:ignored)',
  'is:ignored OR message:*',
  'title:* has:timesSeen',
])('%s leaves nothing out', (query) => {
  expect(findsAll(parseSearch(query))).toBe(true)
})

test.each([
  'title:a*',
  'title:\\*',
  'title:""',
  '!title:*',
  'tags[title]:*',
  'release:*',
  'environment:*',
  'user.email:*',
  'browser:*',
  'has:release',
  'has:logger',
  'is:unresolved',
  'title:* level:error',
  'level:error OR is:ignored',
  // Asked for by what counts: this is how all of them are meant.
  'timesSeen:>0',
])('%s may leave something out', (query) => {
  expect(findsAll(parseSearch(query))).toBe(false)
})
