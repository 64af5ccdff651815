import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../core/errors.ts'
import { parserFrom, parsers } from '../../../collector/parsers/all.ts'
import { bothWays } from './agreement.ts'
import { cpuMsOf } from '../../cpu_time.ts'

test('a parser comes from a type, an object or the fallback', () => {
  const event = { message: 'x' }
  expect(bothWays(parserFrom('none', 'json'), 'x').event).toEqual(event)
  expect(bothWays(parserFrom({ type: 'none' }, 'json'), 'x').event).toEqual(event)
  expect(bothWays(parserFrom(undefined, { type: 'none', message_key: 'm' }), 'x').event).toEqual({
    m: 'x',
  })
})

test('every option of every parser says what it is for', () => {
  for (const { type, schema } of parsers.plugins) {
    for (const [name, field] of Object.entries(schema.shape)) {
      if (name !== 'type') expect(field.description, `${type}.${name}`).toBeTruthy()
    }
  }
})

test.each([
  ['jsn', /"jsn" is not known: use one of json/],
  [{ type: 'json', max_dept: 1 }, /unknown key "max_dept": did you mean "max_depth"/],
  [{ type: 'json', timezone: 'Mars/Base' }, /timezone: .*no time zone/],
  [{ type: 'json', time_format: '%Y-%!' }, /time_format/],
  [{ type: 'json', types: 'a:int' }, /"a:int" has no known type/],
  [{ type: 'json', null_value_pattern: '(' }, /null_value_pattern/],
  [{ type: 'regexp' }, /expression: is missing: expected a text/],
  [{ type: 'regexp', expression: '(?<a' }, /expression: Invalid/],
  [{ type: 'regexp', expression: 'a' }, /named group/],
  [{ type: 'regexp', expression: '(?<a>x)(?=y)' }, /allow_backtracking/],
  [{ type: 'regexp', expression: '/(?<a>x)/x' }, /flag "x"/],
])('%j is refused', (config, message) => {
  expect(() => parserFrom(config, 'none')).toThrow(message)
  expect(() => parserFrom(config, 'none')).toThrow(ConfigError)
})

describe('time taken', () => {
  test.each([
    [{ type: 'regexp', expression: '^(?<x>(a+)+)$' }, `${'a'.repeat(60_000)}b`],
    [{ type: 'regexp', expression: '/^(?<x>(a|A|aa)*)c$/i' }, 'a'.repeat(60_000)],
    ['nginx', `h - - [a] "GET ${' '.repeat(500_000)}`],
    [{ type: 'nginx', fields: 'fluentd' }, `h - - [a] "GET ${' x'.repeat(250_000)}" 1 1`],
    ['syslog', `<1>Nov 21 10:17:37 ${'x['.repeat(250_000)}`],
    ['syslog', `<1>1 - - - - - [a ${'b="c" '.repeat(80_000)}`],
    [{ type: 'syslog', fields: 'fluentd' }, 'x'.repeat(500_000)],
    [{ type: 'syslog', fields: 'fluentd' }, ' '.repeat(500_000)],
    [
      { type: 'syslog', fields: 'fluentd', message_format: 'rfc5424' },
      `1 h i p m [${']'.repeat(500_000)}x`,
    ],
    ['json', `{"a":"${'\\ud800'.repeat(80_000)}"}`],
    ['json', `{"a":[${'1,'.repeat(250_000)}1]`],
  ])('%j is linear on a long hostile message', (config, message) => {
    const parser = parserFrom(config, 'none')
    // Anything quadratic takes minutes here.
    expect(cpuMsOf(() => bothWays(parser, message))).toBeLessThan(2000)
  })
})

test('estimate_current_event: false is refused, since no event is without a time', () => {
  const config = { type: 'json', estimate_current_event: false }
  expect(() => parserFrom(config, 'none')).toThrow(/only true is possible/)
})
