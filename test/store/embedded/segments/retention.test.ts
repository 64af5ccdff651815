import { expect, test } from 'vitest'
import type { DamagedFile } from '../../../../store/embedded/segments/manifest.ts'
import { leavingDamaged } from '../../../../store/embedded/segments/retention.ts'

const retention = { age: 1_000, size: 1e9, streams: [{ match: 'kept-*', age: 5_000 }] }
const damaged = (file: string, foundMs: number, stream?: string): DamagedFile => ({
  file,
  stream,
  rows: 1,
  minMicros: null,
  maxMicros: null,
  reason: 'no Parquet',
  foundMs,
})

test('what was set aside goes when its rows would, counted from when it was found', () => {
  const files = [damaged('a', 1_000), damaged('b', 2_500), damaged('c', 1_000, 'kept-x')]
  expect(leavingDamaged(files, retention, 3_000).map(({ file }) => file)).toEqual(['a'])
  expect(leavingDamaged(files, retention, 9_000).map(({ file }) => file)).toEqual(['b', 'a', 'c'])
})

test('of very many the last found stay', () => {
  const files = Array.from({ length: 150 }, (_, n) => damaged(`${n}`, n))
  const gone = leavingDamaged(files, retention, 200)
  expect(gone).toHaveLength(50)
  expect(gone.every(({ foundMs }) => foundMs < 50)).toBe(true)
})
