import { describe, expect, test } from 'vitest'
import { credentialsOf, parseDsn } from '../../../errors/ingest/auth.ts'
import { incomingWith, key, otherKey } from './accepted.ts'

const read = (changes: Parameters<typeof incomingWith>[1], dsnKey?: string) =>
  credentialsOf(incomingWith('', { query: '', ...changes }), dsnKey)

describe('each way of authentication', () => {
  test.each([
    ['X-Sentry-Auth', { headers: { sentryAuth: `Sentry sentry_key=${key}, sentry_version=7` } }],
    ['any case of the scheme', { headers: { sentryAuth: `sEnTrY sentry_key=${key}` } }],
    [
      'white space and unknown pairs',
      { headers: { sentryAuth: `Sentry a=b=c ,sentry_key = ${key} ,x` } },
    ],
    ['Authorization', { headers: { authorization: `Sentry sentry_key=${key},sentry_version=4` } }],
    ['the query', { query: `sentry_key=${key}&sentry_version=7` }],
    ['the path', { path: { key } }],
    ['a flag behind the key', { query: `sentry_key=${key}.no-cache` }],
    ['a version with a part behind a dot', { query: `sentry_key=${key}&sentry_version=2.0` }],
    [
      'two with equal keys',
      { query: `sentry_key=${key}`, headers: { sentryAuth: `Sentry sentry_key=${key}` } },
    ],
  ])('%s', (_name, changes) => {
    expect(read(changes)?.key).toBe(key)
  })

  test('the dsn of an envelope', () => {
    expect(read({}, key)?.key).toBe(key)
  })

  test('the client is known from whichever names it', () => {
    const headers = { sentryAuth: `Sentry sentry_key=${key}, sentry_client=raven-js/3.27.2` }
    expect(read({ path: { key }, headers })?.client).toBe('raven-js/3.27.2')
  })
})

test('nothing, an empty header and another scheme are no authentication', () => {
  expect(read({})).toBeUndefined()
  expect(read({ headers: { sentryAuth: '', authorization: 'Bearer sntrys_abc' } })).toBeUndefined()
  expect(read({ headers: { sentryAuth: 'Sentry' } })).toBeUndefined()
})

test('keys that differ are a 401, a newer protocol and a broken key a 400', () => {
  const differing = { query: `sentry_key=${key}`, path: { key: otherKey } }
  expect(() => read(differing)).toThrow(expect.objectContaining({ status: 401 }))
  for (const query of [
    `sentry_key=${key}&sentry_version=8`,
    'sentry_key=a%20b',
    `sentry_key=${'x'.repeat(70)}`,
  ]) {
    expect(() => read({ query })).toThrow(expect.objectContaining({ status: 400 }))
  }
})

test.each([
  [`https://${key}@o1.ingest.example.com/42`, { key, project: 42 }],
  [`http://${key}:secret@example.com:9000/errors/weir/42/`, { key, project: 42 }],
  [`https://${key}@[::1]:9000/1`, { key, project: 1 }],
  [`https://${key}@example.com/42?x=1`, { key, project: 42 }],
  [`https://${key}@example.com/abc`, undefined],
  [`https://example.com/42`, undefined],
  [42, undefined],
  [`https://${'a@'.repeat(2000)}`, undefined],
])('the DSN %j', (dsn, expected) => {
  expect(parseDsn(dsn)).toEqual(expected)
})
