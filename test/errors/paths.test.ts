import { expect, test } from 'vitest'
import { prefixOf, sentryUrl } from '../../errors/paths.ts'

test.each([
  ['/api/42/envelope/', '/api/42/envelope'],
  ['/api/42/envelope/?sentry_key=a', '/api/42/envelope?sentry_key=a'],
  ['//api//42///envelope//', '/api/42/envelope'],
  ['/weir/api/42/store/', '/api/42/store'],
  ['/api/store/', '/api/store'],
  ['/api/0/', '/api/0'],
  ['/api/0/organizations/weir/', '/api/0/organizations/weir'],
  ['/api/embed/error-page/?dsn=x', '/api/embed/error-page?dsn=x'],
  ['/api/abc/envelope/', '/api/abc/envelope'],
  ['/organizations/weir/issues/7/', '/organizations/weir/issues/7'],
  ['/tunnel', '/tunnel'],
  ['/stream', '/stream'],
  ['/api/status', undefined],
  ['/api/metrics/', undefined],
  ['/api/tail?query=x', undefined],
  ['/api/42', undefined],
  ['/in/api/42/envelope/', undefined],
  ['/weirdo/tunnel', undefined],
  ['/', undefined],
])('%s', (url, expected) => {
  expect(sentryUrl(url, '/weir')).toBe(expected)
})

test('the path of http.base_url', () => {
  expect(prefixOf(undefined)).toBe('')
  expect(prefixOf('https://obs.example.com')).toBe('')
  expect(prefixOf('https://obs.example.com/a/weir/')).toBe('/a/weir')
})
