import { expect, test } from 'vitest'
import { makeFilter, problemOf, written } from './make.ts'

test('excludes by a nested field and by a dotted one', () => {
  const grep = makeFilter({ type: 'grep', exclude: { 'url.path': '^/healthz' } })
  expect(grep('{"url":{"path":"/healthz/live"}}')).toBeNull()
  expect(grep('{"url.path":"/healthz"}')).toBeNull()
  expect(grep('{"url":{"path":"/shop"}}')).toBe('{"url":{"path":"/shop"}}')
})

test('all of include must fit, unless one is enough', () => {
  const include = { level: 'error', service: '^shop$' }
  const all = makeFilter({ type: 'grep', include })
  expect(all('{"level":"error","service":"shop"}')).not.toBeNull()
  expect(all('{"level":"error","service":"blog"}')).toBeNull()
  const any = makeFilter({ type: 'grep', include, include_when: 'any' })
  expect(any('{"level":"error","service":"blog"}')).not.toBeNull()
  expect(any('{"level":"info","service":"blog"}')).toBeNull()
})

test('any of exclude is enough, unless all are asked for', () => {
  const exclude = { level: 'debug', service: 'blog' }
  const any = makeFilter({ type: 'grep', exclude })
  expect(any('{"level":"debug","service":"shop"}')).toBeNull()
  const all = makeFilter({ type: 'grep', exclude, exclude_when: 'all' })
  expect(all('{"level":"debug","service":"shop"}')).not.toBeNull()
  expect(all('{"level":"debug","service":"blog"}')).toBeNull()
})

test('exclude wins over include; without a condition it is refused', () => {
  expect(() => makeFilter({ type: 'grep' })).toThrow('write include or exclude')
  const both = makeFilter({ type: 'grep', include: { a: '.' }, exclude: { a: 'x' } })
  expect(both('{"a":"ax"}')).toBeNull()
  expect(both('{"a":"a"}')).not.toBeNull()
})

test('an absent field and null are the empty text, as in Fluentd; other values are their JSON', () => {
  const absent = makeFilter({ type: 'grep', exclude: { a: '^$' } })
  expect(absent('{}')).toBeNull()
  expect(absent('{"a":null}')).toBeNull()
  const matches = (pattern: string, value: string) =>
    makeFilter({ type: 'grep', include: { a: pattern } })(`{"a":${value}}`) !== null
  expect(matches('^5\\d\\d$', '503')).toBe(true)
  expect(matches('^true$', 'true')).toBe(true)
  expect(matches('"x":1', '{"x":1}')).toBe(true)
  expect(matches('^\\["a"', '["a"]')).toBe(true)
  expect(matches('(?i:ERROR)', '"an error"')).toBe(true)
})

test('a number beyond 2^53 is compared as it was written', () => {
  const grep = makeFilter({ type: 'grep', include: { id: '^9007199254740993$' } })
  expect(grep({ id: written('9007199254740993') })).toBe('{"id":9007199254740993}')
})

test('names that every object has are no fields', () => {
  const grep = makeFilter({ type: 'grep', include: { 'constructor.name': 'Object' } })
  expect(grep('{}')).toBeNull()
  const own = makeFilter({ type: 'grep', include: { __proto__x: '^$', constructor: 'own' } })
  expect(own('{"constructor":"own","__proto__":{"a":1}}')).toContain('__proto__')
})

test('a wrong expression and an unknown key are mistakes in the config', () => {
  expect(problemOf({ type: 'grep', include: { a: '(' } })).toContain('without slashes')
  expect(problemOf({ type: 'grep', inclde: {} })).toContain('inclde')
  expect(problemOf({ type: 'grep', match: 'a.{b' })).toContain('not closed')
})
