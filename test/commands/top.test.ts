import { expect, test } from 'vitest'
import { answering, asked, hitsOf } from './asked.ts'

const buckets = [
  { key: '/a', doc_count: 30 },
  { key: 1, key_as_string: 'true', doc_count: 5 },
]
const answer = { ...hitsOf([], 40), aggregations: { values: { buckets } } }

test('values with their counts and shares', async () => {
  const { operations, requests } = answering(answer)
  const { stdout } = await asked(['top', 'url.path', 'a:b', '-n', '2'], operations)
  expect(stdout.split('\n').map((line) => line.split(/ +/).filter(Boolean))).toEqual([
    ['COUNT', 'SHARE', 'url.path'],
    ['30', '75.0%', '/a'],
    ['5', '12.5%', 'true'],
    [],
  ])
  expect(stdout.endsWith('\n')).toBe(true)
  expect(requests[0]?.request).toMatchObject({
    aggs: { values: { terms: { field: 'url.path', size: 2 } } },
  })
})

test('as JSON', async () => {
  const { operations } = answering(answer)
  const { stdout } = await asked(['top', 'url.path', '--json'], operations)
  expect(stdout).toBe('{"value":"/a","count":30}\n{"value":"true","count":5}\n')
})

test('whole numbers with every digit', async () => {
  const keys = ['1234567890123456789', '1234567890123456790']
  const buckets = keys.map((key) => ({ key: JSON.rawJSON(key), doc_count: 20 }))
  const { operations } = answering({ ...answer, aggregations: { values: { buckets } } })
  const { stdout } = await asked(['top', 'uid', '--json'], operations)
  expect(stdout).toBe(keys.map((key) => `{"value":"${key}","count":20}\n`).join(''))
})
