import { afterEach, expect, test } from 'vitest'
import type { JsonRecord } from '../../../store/search.ts'
import { linesOf } from '../../core/journal/setup.ts'
import { openStore, type TestStore } from './setup.ts'

let store: TestStore | undefined
afterEach(async () => {
  await store?.close()
  store = undefined
})

const numbers = (hits: readonly JsonRecord[]) =>
  hits.map(({ _source }) => (JSON.parse(_source as string) as { n: number }).n)

test('what was durable is found after a refresh', async () => {
  store = await openStore()
  await store.append(linesOf([1, 2, 3]))
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([1, 2, 3])
  await store.append(linesOf([4], { tag: 'b' }))
  await store.append(linesOf([5]))
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([1, 2, 3, 5])
  expect(numbers(await store.all('logs-b-default'))).toEqual([4])
  expect((await store.engine.streams()).map(({ name, documents }) => [name, documents])).toEqual([
    ['logs-a-default', 4],
    ['logs-b-default', 1],
  ])
})
