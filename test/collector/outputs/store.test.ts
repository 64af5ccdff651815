import { expect, test } from 'vitest'
import { collectorConfig } from '../../../collector/config.ts'
import { storeRoute } from '../../../collector/outputs/store.ts'

test('without outputs everything goes to the store', () => {
  const { outputs } = collectorConfig.parse({})
  expect(outputs).toEqual([{ type: 'store', match: '**', final: false }])
})

test('with outputs the store is one only if it is named', () => {
  const { outputs } = collectorConfig.parse({ outputs: [{ type: 'null' }] })
  expect(outputs.map(({ type }) => type)).toEqual(['null'])
})

test('a store has tag patterns like every output, and nothing else', () => {
  expect(storeRoute.schema.safeParse({ type: 'store', match: '{a' }).success).toBe(false)
  expect(storeRoute.schema.safeParse({ type: 'store', concurrency: 3 }).success).toBe(false)
})
