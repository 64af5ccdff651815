import { expect, test } from 'vitest'
import { answering, asked, hitsOf } from './asked.ts'

const buckets = [
  { key_as_string: '2026-11-21T10:00:00.000Z', doc_count: 5 },
  { key_as_string: '2026-11-21T11:00:00.000Z', doc_count: 0 },
  { key_as_string: '2026-11-21T12:00:00.000Z', doc_count: 100 },
]
const answer = { ...hitsOf([]), aggregations: { time: { buckets } } }

test('bars, the longest for the most', async () => {
  const { operations, requests } = answering(answer)
  const { stdout } = await asked(['histogram', 'a:b', '--interval', '1h'], operations)
  expect(stdout.split('\n')).toEqual([
    `2026-11-21T10:00:00.000Z    5  ${'█'.repeat(3)}`,
    '2026-11-21T11:00:00.000Z    0',
    `2026-11-21T12:00:00.000Z  100  ${'█'.repeat(50)}`,
    '',
  ])
  expect(requests[0]?.request).toMatchObject({
    size: 0,
    aggs: { time: { date_histogram: { fixed_interval: '1h' } } },
  })
})

test('as JSON, and with a width that fits', async () => {
  const { operations, requests } = answering(answer)
  const { stdout } = await asked(['histogram', '--json'], operations)
  expect(JSON.parse(stdout.split('\n')[2]!)).toEqual({
    time: buckets[2]!.key_as_string,
    count: 100,
  })
  expect(requests[0]?.request).toMatchObject({ aggs: { time: { auto_date_histogram: {} } } })
})

test('nothing', async () => {
  const { operations } = answering(hitsOf([]))
  expect(await asked(['histogram'], operations)).toMatchObject({
    stdout: '',
    stderr: 'nothing found\n',
  })
})
