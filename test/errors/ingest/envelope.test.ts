import { describe, expect, test } from 'vitest'
import { parseEnvelope } from '../../../errors/ingest/envelope.ts'

const limits = { maxHeaderBytes: 1_000, maxItems: 5 }
const read = (text: string | Uint8Array) => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  const { items, ...rest } = parseEnvelope(bytes, limits)
  return {
    ...rest,
    items: items.map(({ type, payload }) => [type, Buffer.from(payload).toString('latin1')]),
  }
}

describe('grammar', () => {
  test.each<[string, string, [string, string][]]>([
    ['no items', '{}', []],
    ['no items, and a line end', '{}\n', []],
    ['a payload with its length', '{}\n{"type":"a","length":3}\nxyz', [['a', 'xyz']]],
    ['a payload up to its line end', '{}\n{"type":"a"}\nxyz\n', [['a', 'xyz']]],
    ['line ends in a payload', '{}\n{"type":"a","length":3}\nx\ny\n', [['a', 'x\ny']]],
    [
      'two items',
      '{}\n{"type":"a"}\n1\n{"type":"b","length":1}\n2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'an empty payload',
      '{}\n{"type":"a"}\n\n{"type":"b"}\n',
      [
        ['a', ''],
        ['b', ''],
      ],
    ],
    [
      'an empty payload with its length',
      '{}\n{"type":"a","length":0}\n\n{"type":"b","length":0}',
      [
        ['a', ''],
        ['b', ''],
      ],
    ],
    ['the end behind an item header', '{}\n{"type":"a"}', [['a', '']]],
    ['the end behind an item header of length 0', '{}\n{"type":"a","length":0}', [['a', '']]],
    ['\\r is part of a payload', '{}\n{"type":"a"}\nx\r\n', [['a', 'x\r']]],
    ['\\r behind headers is white space', '{}\r\n{"type":"a"}\r\nx', [['a', 'x']]],
    [
      'blank lines before headers',
      '\n \n{}\n\n\n{"type":"a"}\nx\n\n{"type":"b"}\ny\n\n',
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    ],
    [
      'an item without a type',
      '{}\n{"length":1}\nx\n{"type":"b"}\ny',
      [
        ['', 'x'],
        ['b', 'y'],
      ],
    ],
    ['a length as text', '{}\n{"type":"a","length":"3"}\nx\ny', [['a', 'x\ny']]],
    ['a length that is none', '{}\n{"type":"a","length":null}\nx\n', [['a', 'x']]],
    ['a negative length', '{}\n{"type":"a","length":-1}\nx\n', [['a', 'x']]],
  ])('%s', (_name, text, items) => {
    expect(read(text)).toMatchObject({ items, broken: undefined, surplus: 0 })
  })

  test('lengths are bytes, and payloads any bytes', () => {
    const payload = Buffer.from([0, 255, 10, 200])
    const text = Buffer.concat([
      Buffer.from('{"x":"é"}\n{"type":"a","length":4,"filename":"ü"}\n'),
      payload,
    ])
    expect(read(text).items).toEqual([['a', payload.toString('latin1')]])
  })

  test('headers are kept', () => {
    expect(read('{"event_id":"x","dsn":"y"}').headers).toEqual({ event_id: 'x', dsn: 'y' })
  })
})

test.each([
  ['nothing', ''],
  ['white space', ' \n\n'],
  ['no JSON', 'hello\n{}'],
  ['a list', '[]'],
  ['a text', '"x"'],
  ['a broken object', '{"a":\n1}'],
])('%s for the envelope header is a 400', (_name, text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ status: 400 }))
})

test('a header that is too long is a 413', () => {
  const text = `{"a":"${'x'.repeat(2_000)}"}\n`
  expect(() => read(text)).toThrow(expect.objectContaining({ status: 413 }))
})

test.each([
  ['a payload that is too short', '{}\n{"type":"a"}\nok\n{"type":"b","length":10}\nxyz'],
  [
    'a length beyond all bounds',
    '{}\n{"type":"a"}\nok\n{"type":"b","length":9007199254740991}\nxyz',
  ],
  ['a payload that is too long', '{}\n{"type":"a"}\nok\n{"type":"b","length":1}\nxyz\n'],
  ['an item header that is no JSON', '{}\n{"type":"a"}\nok\nhello\n{"type":"b"}\nx'],
  ['an item header that is too long', `{}\n{"type":"a"}\nok\n{"a":"${'x'.repeat(2_000)}"}\nx`],
])('%s ends the envelope, and the items before it stay', (_name, text) => {
  const { items, broken } = read(text)
  expect(items).toEqual([['a', 'ok']])
  expect(broken).toEqual(expect.any(String))
})

test('items beyond the most allowed are counted', () => {
  const text = `{}\n${'{"type":"a"}\nx\n'.repeat(9)}`
  const { items, surplus } = read(text)
  expect([items.length, surplus]).toEqual([5, 4])
})
