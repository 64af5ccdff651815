import { expect, test } from 'vitest'
import { logBytes } from '../../../errors/ingest/log_items.ts'
import type { JsonValue } from '../../../store/search.ts'

/** Relay's rules: a boolean is 1 byte, a number 8, a text its UTF-8; names count, nothing else does. */
test.each<[number, JsonValue]>([
  [1, {}],
  [1, 'no item'],
  [7, { body: '7 bytes', level: 'warn', trace_id: 'c'.repeat(32) }],
  [11, { body: '7 bytes', attributes: { foo: { value: true, type: 'boolean' } } }],
  [18, { body: '7 bytes', attributes: { foo: { value: 12, type: 'integer' } } }],
  [10, { body: '7 bytes', attributes: { foo: { value: null } } }],
  [10, { body: '7 bytes', attributes: { foo: { type: 'integer' } } }],
  [16, { attributes: { größe: { value: '' }, a: 7 } }],
  [36, { attributes: { k: { value: { nested: { array: [1.5, 2, '7 bytes', false, null] } } } } }],
])('%d bytes: %j', (bytes, item) => {
  expect(logBytes(item)).toBe(bytes)
})

test('what is nested deeply costs no stack', () => {
  const deep = JSON.parse(`${'['.repeat(5_000)}1${']'.repeat(5_000)}`) as JsonValue
  expect(logBytes({ body: 'x', attributes: { deep: { value: deep } } })).toBe(5)
})
