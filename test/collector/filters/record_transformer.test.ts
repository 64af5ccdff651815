import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeFilter, problemOf, written } from './make.ts'

const transform = (options: object, event: string, tag?: string) =>
  makeFilter({ type: 'record_transformer', ...options })(event, tag)

test('adds fields: nested, over a dotted one, of any type', () => {
  expect(transform({ add: { 'service.name': 'shop' } }, '{"a":1}')).toBe(
    '{"a":1,"service":{"name":"shop"}}',
  )
  expect(transform({ add: { 'service.name': 'shop' } }, '{"service":{"id":1}}')).toBe(
    '{"service":{"id":1,"name":"shop"}}',
  )
  expect(transform({ add: { 'a.b': 2 } }, '{"a.b":1}')).toBe('{"a.b":2}')
  expect(transform({ add: { labels: { env: 'prod', n: [1, null, true] } } }, '{}')).toBe(
    '{"labels":{"env":"prod","n":[1,null,true]}}',
  )
})

test('templates know fields, the tag and its parts, the host and the time', () => {
  const value = (template: string, event = '{}') => {
    const text = transform({ add: { out: template }, keep: [] }, event) as string
    return (JSON.parse(text) as { out?: unknown }).out
  }
  expect(value('${tag}')).toBe('app.web.access')
  expect(value('${tag_parts[1]}-${tag_parts[-1]}')).toBe('web-access')
  expect(value('${tag_prefix[1]}|${tag_suffix[1]}')).toBe('app.web|web.access')
  expect(value('${hostname}')).toBe('web-1')
  expect(value('${time}')).toBe('2026-01-02T03:04:05.678Z')
  expect(value('${time}', '{"@timestamp":"2020-01-01T00:00:00.000Z"}')).toBe(
    '2020-01-01T00:00:00.000Z',
  )
  expect(value('${a.b}!', '{"a":{"b":"x"}}')).toBe('x!')
  expect(value('${a.b}!', '{"a.b":"x"}')).toBe('x!')
  expect(value('${record["tag"]}', '{"tag":"a field"}')).toBe('a field')
  expect(value('${nothing} and ${tag_parts[9]}.')).toBe(' and .')
  expect(value('$ {x} ${', '{"x":1}')).toBe('$ {x} ${')
})

test('one placeholder alone keeps the type; what is absent is not added', () => {
  expect(transform({ add: { n: '${code}' } }, '{"code":200}')).toBe('{"code":200,"n":200}')
  expect(transform({ add: { n: '${code}' } }, '{}')).toBe('{}')
  const big = { code: written('12345678901234567890') }
  expect(
    makeFilter({ type: 'record_transformer', add: { n: '${code}', text: '<${code}>' } })(big),
  ).toBe('{"code":12345678901234567890,"n":12345678901234567890,"text":"<12345678901234567890>"}')
})

test('removes and keeps, nested and dotted, in the shape they came', () => {
  expect(transform({ remove: ['a.b', 'c', 'absent.x'] }, '{"a":{"b":1,"d":2},"c":3}')).toBe(
    '{"a":{"d":2}}',
  )
  expect(transform({ remove: ['a.b'] }, '{"a.b":1,"x":1}')).toBe('{"x":1}')
  expect(
    transform(
      { keep: ['a.b', 'c', 'e.f'] },
      '{"@timestamp":"t","a":{"b":1,"d":2},"c":{"x":1},"e.f":2,"e":1,"z":{"y":1}}',
    ),
  ).toBe('{"@timestamp":"t","a":{"b":1},"c":{"x":1},"e.f":2}')
})

test('renames, also in a ring', () => {
  expect(transform({ rename: { a: 'b', b: 'a' } }, '{"a":1,"b":2}')).toBe('{"b":1,"a":2}')
  expect(transform({ rename: { msg: 'message', no: 'yes' } }, '{"msg":"hi"}')).toBe(
    '{"message":"hi"}',
  )
  expect(transform({ rename: { 'a.b': 'c.d' } }, '{"a":{"b":1}}')).toBe('{"a":{},"c":{"d":1}}')
})

test('add reads the event as it came; rename, keep, add, remove follow in this order', () => {
  expect(
    transform(
      { add: { c: '${a}', d: 1 }, rename: { a: 'b' }, keep: ['b'], remove: ['d'] },
      '{"a":1,"x":2}',
    ),
  ).toBe('{"b":1,"c":1}')
})

test('a field that has no room is a refusal that names it', () => {
  expect(transform({ add: { 'host.name': 'h' } }, '{"host":"web1"}')).toBe(
    'filter_failed: cannot set "host.name": "host" is a string, not an object',
  )
  expect(transform({ rename: { x: 'a.b' } }, '{"a":[1],"x":1}')).toContain('"a" is an array')
  expect(transform({ add: { 'a.b': 1 } }, '{"a":null}')).toContain('"a" is null')
})

test('the time stays', () => {
  for (const options of [
    { remove: ['@timestamp'] },
    { add: { '@timestamp': 'x' } },
    { rename: { '@timestamp': 'x' } },
    { rename: { x: '@timestamp' } },
  ]) {
    expect(problemOf({ type: 'record_transformer', ...options })).toContain('keeps its @timestamp')
  }
  expect(transform({ keep: ['@timestamp'] }, '{"@timestamp":"t","a":1}')).toBe('{"@timestamp":"t"}')
})

test('events share nothing with each other or with the config', () => {
  const add = { labels: { a: {} }, copy: '${o}', 'copy.x': 1, 'labels.a.n': '${n}' }
  const filter = makeFilter({ type: 'record_transformer', add })
  expect(filter('{"o":{},"n":1}')).toBe('{"o":{},"n":1,"labels":{"a":{"n":1}},"copy":{"x":1}}')
  expect(filter('{"o":{}}')).toBe('{"o":{},"labels":{"a":{}},"copy":{"x":1}}')
})

test('whatever the event holds it does not throw and no prototype changes', () => {
  const paths = fc.constantFrom('a', 'a.b', 'a.b.c', '__proto__', '__proto__.a', 'constructor.x')
  const names = fc.constantFrom('a', 'b', 'a.b', '__proto__', 'constructor', 'toString')
  const { value } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.constantFrom(1, 'x', null, true), tie('object')),
    object: fc.dictionary(names, tie('value'), { noNullPrototype: true }),
  }))
  fc.assert(
    fc.property(value, paths, paths, paths, (inner, add, from, to) => {
      const event = `{"a":${JSON.stringify(inner)},"__proto__":${JSON.stringify(inner)}}`
      const out = transform(
        { add: { [add]: '${a.b}', q: '${__proto__}' }, rename: { [from]: to } },
        event,
      )
      expect(out).toBeTypeOf('string')
      expect(({} as { a?: unknown; x?: unknown }).a).toBeUndefined()
      expect(({} as { a?: unknown; x?: unknown }).x).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})
