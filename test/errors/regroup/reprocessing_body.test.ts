import { expect, test } from 'vitest'
import { reprocessingOf } from '../../../errors/regroup/reprocessing_body.ts'
import type { JsonRecord } from '../../../store/search.ts'

const shop = { id: 42, slug: 'shop' }

test.each<[JsonRecord, object]>([
  [{}, { project: 42 }],
  [{ after: 2000 }, { project: 42, after: 2000 }],
  [{ issue: 144 }, { project: 42, issue: 144 }],
  [
    { issue: '144', after: '7' },
    { project: 42, issue: 144, after: 7 },
  ],
  [{ issue: 'SHOP-41' }, { project: 42, issueNumber: 129 }],
  [{ issue: 'shop-1' }, { project: 42, issueNumber: 1 }],
])('%j', (body, params) => expect(reprocessingOf(body, shop)).toEqual(params))

test.each<[JsonRecord, RegExp]>([
  [{ issue: -1 }, /^issue: expected/],
  [{ issue: 1.5 }, /^issue: expected/],
  [{ issue: null }, /^issue: expected/],
  [{ issue: '' }, /^issue: expected/],
  [{ issue: [144] }, /^issue: expected/],
  [{ issue: 'BLOG-41' }, /SHOP-1A/],
  [{ isue: 144 }, /^isue: expected issue or after/],
  [JSON.parse('{"__proto__": 1}') as JsonRecord, /^__proto__: expected/],
  [{ after: -1 }, /^after: expected/],
  [{ after: null }, /^after: expected/],
])('%j is not taken for the whole project', (body, problem) => {
  expect(() => reprocessingOf(body, shop)).toThrow(problem)
})
