import { expect, test } from 'vitest'
import { allowsOrigin } from '../../../errors/ingest/origin.ts'

const page = 'https://app.example.com'
test.each<[string[] | undefined, string, boolean]>([
  [undefined, page, true],
  [['*'], page, true],
  [[], page, false],
  [[], '', true],
  [['app.example.com'], page, true],
  [['example.com'], page, false],
  [['*.example.com'], page, true],
  [['*.example.com'], 'https://example.com', true],
  [['*.example.com'], 'https://badexample.com', false],
  [['https://*'], page, true],
  [['http://*'], page, false],
  [['https://app.example.com'], `${page}/cart?x=1`, true],
  [['http://app.example.com'], page, false],
  [['localhost:3000'], 'http://localhost:3000', true],
  [['localhost'], 'http://localhost:3000', true],
  [['localhost:3001'], 'http://localhost:3000', false],
  [['app.example.com'], 'null', false],
])('%j and %j: %j', (allowed, origin, expected) => {
  expect(allowsOrigin(allowed, origin)).toBe(expected)
})
