import { expect, test } from 'vitest'
import { explainText } from '../../../commands/errors/explain_text.ts'

const explained = (sourceMapSummary: object) =>
  explainText({
    project: 'shop',
    issue: { id: '7', shortId: 'SHOP-1', title: 'Error: no' },
    sourceMaps: [],
    sourceMapSummary: sourceMapSummary as never,
  })

test('frames that were not mapped are counted by their reason, and what would map them is named', () => {
  const told = explained({
    frames: 5,
    mapped: 2,
    mappable: 2,
    unmapped: [
      { reason: 'uploaded after the event', frames: 2, file: 'https://a/app.js', debug_id: 'ab' },
      { reason: 'column missing', frames: 1, file: 'b.js\u001b[31m' },
    ],
  })
  expect(told).toContain('2 of 5 frames of scripts are mapped\n')
  expect(told).toContain('2 not: uploaded after the event (https://a/app.js, debug id ab)\n')
  expect(told).toContain(
    'what is there now maps 2: POST /api/0/projects/weir/shop/reprocessing/ {"issue": 7}',
  )
  expect(told).not.toContain('\u001b')
})

test('an event of other code says so', () => {
  const told = explained({ frames: 0, mapped: 0, mappable: 0, unmapped: [] })
  expect(told).toContain('no frame of it is of minified code')
})
