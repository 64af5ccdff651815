import { expect, test } from 'vitest'
import { withVersions } from '../../../store/api/hit_versions.ts'
import type { IdTable } from '../../../store/api/ids.ts'

const ids = {
  get: (_: string, id: string) =>
    ({ kept: { seq: 7, version: 3 }, newer: { seq: 9, version: 2 } })[id],
} as unknown as IdTable

const hit = (id: string, version: number, more: object = {}) => {
  return { _index: 'a', _id: id, _version: version, ...more }
}

test('versions of hits are those that the ids know', () => {
  const hits = [
    hit('kept', -7, { _source: { _version: -1, _index: 'a', _id: 'kept' } }),
    hit('newer', -8),
    hit('deleted', -5),
    hit('01J-5', 1),
  ]
  const answer = withVersions({ hits: { total: null, hits } }, { version: true }, ids)
  expect(answer).toEqual({
    hits: {
      total: null,
      hits: [
        hit('kept', 3, { _source: { _version: -1, _index: 'a', _id: 'kept' } }),
        // It was replaced since.
        hit('newer', 1),
        hit('deleted', 1),
        hit('01J-5', 1),
      ],
    },
  })
})

test('those of top_hits too', () => {
  const aggs = { by: { terms: { field: 'x' }, aggs: { top: { top_hits: { version: 'true' } } } } }
  const found = (version: number) => {
    return { by: { buckets: [{ key: 'x', top: { hits: { hits: [hit('kept', version)] } } }] } }
  }
  const answer = withVersions({ hits: { hits: [] }, aggregations: found(-7) }, { aggs }, ids)
  expect(answer).toEqual({ hits: { hits: [] }, aggregations: found(3) })
})

test('an answer without versions stays as it is', () => {
  const answer = { hits: { hits: [] } }
  expect(withVersions(answer, { aggs: { a: { avg: { field: 'b' } } } }, ids)).toBe(answer)
})
