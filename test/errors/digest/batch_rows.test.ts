import { expect, test } from 'vitest'
import { BatchRows } from '../../../errors/digest/batch_rows.ts'
import type { KnownIssue } from '../../../errors/digest/known_issues.ts'

test('rows count from when to when, more than there was room for, and begin anew once cleared', () => {
  const issue = {} as KnownIssue
  const rows = new BatchRows<number>()
  for (let round = 0; round < 2; round++) {
    for (let key = 0; key < 1000; key++) expect(rows.begin(issue, key, '', 5000)).toBe(key)
    rows.add(999, 7000)
    rows.add(999, 4000)
    expect([rows.events(999), rows.firstMs(999), rows.lastMs(999)]).toEqual([3, 4000, 7000])
    expect([rows.events(998), rows.firstMs(998), rows.lastMs(998)]).toEqual([1, 5000, 5000])
    rows.clear()
    expect(rows.count).toBe(0)
  }
})
