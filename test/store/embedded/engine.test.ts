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

test('segments are merged into one of each stream and day, and nothing changes for who asks', async () => {
  store = await openStore()
  for (let n = 0; n < 12; n++) {
    await store.append(linesOf([n], { tag: n % 3 === 0 ? 'b' : 'a', pad: 10 }))
    await store.engine.refresh()
  }
  const before = await store.all('logs-a-default,logs-b-default')
  await store.engine.compact()
  expect(await store.all('logs-a-default,logs-b-default')).toEqual(before)
  expect(await store.engine.statistics()).toMatchObject({ segments: 1, merged: 1, documents: 12 })
})

test('a stream that is deleted and comes again has only what is new', async () => {
  store = await openStore()
  await store.append(linesOf([1, 2]))
  await store.append(linesOf([3], { tag: 'b' }))
  await store.engine.deleteIndex('logs-a-default', 0)
  expect(await store.engine.streams()).toHaveLength(1)
  await store.append(linesOf([4]))
  await store.engine.refresh()
  expect(numbers(await store.all('logs-a-default'))).toEqual([4])
  await store.engine.compact()
  expect(numbers(await store.all('logs-a-default'))).toEqual([4])
  expect(numbers(await store.all('logs-b-default'))).toEqual([3])
  expect((await store.engine.streams()).map(({ documents }) => documents)).toEqual([1, 1])
})
