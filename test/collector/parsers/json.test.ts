import { describe, expect, test } from 'vitest'
import { EventBuffer } from '../../../collector/event_buffer.ts'
import { hostKey, logDotted, logKey, logOpen, sourceKey } from '../../../collector/parser.ts'
import { parserFrom } from '../../../collector/parsers/all.ts'
import { arrival, bothWays } from './agreement.ts'

const json = parserFrom('json', 'none')

describe('the direct way', () => {
  test.each([
    ['{}', `{"@timestamp":"${arrival}"}`],
    ['{"a":1}', `{"@timestamp":"${arrival}","a":1}`],
    [' {"a" : 1.0 , "b":[ ]} ', `{"@timestamp":"${arrival}","a" : 1.0 , "b":[ ]}`],
    [
      '{"@timestamp":"2020-01-01T00:00:00.123456Z"}',
      '{"@timestamp":"2020-01-01T00:00:00.123456Z"}',
    ],
    [
      '{"@timestamp":"2020-01-01T00:00:00Z","a":1}',
      '{"@timestamp":"2020-01-01T00:00:00.000Z","a":1}',
    ],
    [
      '{"a":1,"@timestamp":1577836800,"b":{}}',
      '{"@timestamp":"2020-01-01T00:00:00.000Z","a":1,"b":{}}',
    ],
    [
      '{"a":1 , "@timestamp":"2020-01-01T00:00:00+01:00"}',
      '{"@timestamp":"2019-12-31T23:00:00.000Z","a":1 }',
    ],
    [
      '{"n":12345678901234567890,"e":1e400}',
      `{"@timestamp":"${arrival}","n":12345678901234567890,"e":1e400}`,
    ],
  ])('%s', (message, expected) => {
    expect(bothWays(json, message).direct).toBe(expected)
  })

  test.each([
    '{"a":1,"a":2}',
    '{"a":{"b":1,"c":2,"b":3}}',
    '{"\\u0061":1}',
    '{"a":"\\ud800"}',
    '{"host":{"name":"a"}}',
    '{"log.file.path":"a"}',
    '{"a":\n1}',
    '{"@timestamp":"never"}',
    '{"@timestamp":"0000-01-01T00:00:00.000Z"}',
    '[1]',
    '{"a":1',
  ])('%s is left to parse', (message) => {
    expect(bothWays(json, message).direct).toBeUndefined()
  })

  test('says which of the context names the event has itself', () => {
    const bits = (text: string) => {
      const source = Buffer.from(text)
      return json.transcode!(source, 0, source.length, new EventBuffer(64), Buffer.from(arrival))
    }
    expect(bits('{"host":"a"}')).toBe(hostKey)
    expect(bits('{"source":1,"log":null}')).toBe(sourceKey | logKey)
    expect(bits('{"hosts":1,"a":{"host":{}}}')).toBe(0)
    expect(bits('{"host" : {}}')).toBe(-1)
    expect(bits('{"source" : {}}')).toBe(sourceKey)
    expect(bits('{"log.level":1,"logs.file":2}')).toBe(logDotted)
    expect(bits('{"log.level":1,"log" : { "level": 2},"file":3}')).toBe(logOpen)
    expect(bits('{"log":{"file":1}}')).toBe(-1)
    expect(bits('{"log":{ }}')).toBe(-1)
  })

  test('finds repeated keys among many, at every level, and takes the same key in different objects', () => {
    const keys = Array.from({ length: 3000 }, (_, index) => `"key${index}":{"same":${index}}`)
    expect(bothWays(json, `{${keys.join(',')}}`).direct).toBeDefined()
    const repeated = bothWays(json, `{${keys.join(',')},"key1500":1}`)
    expect(repeated.direct).toBeUndefined()
    expect(repeated.notes).toEqual(['duplicate_key'])
  })

  test('deep nesting is refused, without a stack to overflow', () => {
    const deep = '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)
    expect(bothWays(json, deep).event).toMatchObject({ reason: 'too_deep' })
  })
})

test('where a repair makes two keys one, it is seen', () => {
  expect(bothWays(json, '{"\\ud800":1,"\\ud801":2}').notes).toEqual([
    'lone_surrogate',
    'duplicate_key',
  ])
})

test('only numbers that would change are kept as text', () => {
  const { event } = bothWays(json, '{"a":12.5,"b":[1.50,2]}')
  expect(event).toMatchObject({ a: 12.5, b: [{ rawJSON: '1.50' }, 2] })
  expect(bothWays(json, '{"a":12.5,"b":[1.5,2]}').event).toEqual({ a: 12.5, b: [1.5, 2] })
  expect(JSON.stringify(event)).toBe('{"a":12.5,"b":[1.50,2]}')
})

test('many numbers with a point are all looked at', () => {
  const numbers = Array.from({ length: 100 }, (_, index) => `${index}.5`)
  const text = `{"n":[${numbers.join(',')},1.0]}`
  expect(JSON.stringify(bothWays(json, text).event)).toBe(text)
})
