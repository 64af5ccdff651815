import { expect, test } from 'vitest'
import { countsOf, peersText } from '../../tools/test_report.ts'

const report = (failed: number, files: readonly string[][] = []) => ({
  numPassedTests: 5,
  numFailedTests: failed,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: files.map((statuses, index) => ({
    name: `file-${index}`,
    status: statuses.length === 0 || statuses.includes('failed') ? 'failed' : 'passed',
    assertionResults: statuses.map((status) => ({ status })),
  })),
})

test('the counts are those of the report', () => {
  expect(countsOf(report(0), 0)).toEqual({ passed: 5, failed: 0, skipped: 3, broken: [] })
  expect(countsOf(report(1, [['failed'], ['passed']]), 1)).toMatchObject({ failed: 1, broken: [] })
})

test('a file that could not be loaded is a failure', () => {
  expect(countsOf(report(0, [[]]), 1)).toMatchObject({ failed: 1, broken: ['file-0'] })
})

test('a run that ended badly is never without a failure', () => {
  expect(countsOf(report(0), 1).failed).toBe(1)
  expect(countsOf(report(0), null).failed).toBe(1)
  expect(countsOf(undefined, 1)).toMatchObject({ passed: 0, failed: 1 })
})

test('peers are listed once, with the reason why they were skipped', () => {
  const lines = [
    '{"peer":"opensearch-3","skipped":true,"reason":"no JDK 21"}',
    '{"peer":"nginx","used":true}',
    '{"peer":"nginx","used":true}',
  ]
  expect(peersText(`${lines.join('\n')}\n`)).toEqual([
    'nginx            used',
    'opensearch-3     skipped: no JDK 21',
  ])
})
