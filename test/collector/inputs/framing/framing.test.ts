import { expect, test } from 'vitest'
import { createFramer } from '../../../../collector/inputs/framing/framing.ts'
import type { Framing } from '../../../../collector/inputs/framing/options.ts'
import { Spans } from '../../../../collector/inputs/framing/spans.ts'

const frame = (
  kind: Framing,
  segments: readonly string[],
  { max = 100, longMessages = 'cut' as 'cut' | 'drop' } = {},
) => {
  const messages: string[] = []
  const notes: string[] = []
  const framer = createFramer(kind, {
    maxMessageBytes: max,
    longMessages,
    spans: new Spans(),
    note: (reason) => notes.push(reason),
    emit: (source, { list, count }) => {
      for (let i = 0; i < count; i++)
        messages.push(source.toString('utf8', list[2 * i], list[2 * i + 1]))
    },
  })
  for (const segment of segments) framer.push(Buffer.from(segment))
  framer.end()
  return { messages, notes, broken: framer.broken }
}

test.each<[string, Framing, string[], string[]]>([
  ['lines', 'newline', ['a\nb\n'], ['a', 'b']],
  ['CR LF, across segments too', 'newline', ['a\r\nb\r', '\nc\r\n'], ['a', 'b', 'c']],
  ['a CR within a line', 'newline', ['a\rb\n'], ['a\rb']],
  ['empty lines are left out', 'newline', ['\n\r\n', 'a\n\n', '\n'], ['a']],
  ['a line over three segments', 'newline', ['a', 'b', 'c\nd\n'], ['abc', 'd']],
  ['NUL', 'nul', ['a\nb\0c\0'], ['a\nb', 'c']],
  ['a delimiter of one character', { delimiter: ';' }, ['a;b', 'c;'], ['a', 'bc']],
  ['a delimiter split by segments', { delimiter: '|=|' }, ['a|', '=', '|b|=', '|'], ['a', 'b']],
  ['a delimiter that overlaps itself', { delimiter: 'aab' }, ['xa', 'a', 'ab'], ['xa']],
  ['octet counting', 'octet_counted', ['3 abc5 a\nb', 'cd1 x'], ['abc', 'a\nbcd', 'x']],
  [
    'octet counting byte by byte',
    'octet_counted',
    '3 abc12 hello, world'.split(''),
    ['abc', 'hello, world'],
  ],
  [
    'line ends that senders add to frames',
    'octet_counted',
    ['4 abc\n\n5 abc\r\n3 x\ny'],
    ['abc', 'abc', 'x\ny'],
  ],
  ['auto: octet counting', 'auto', ['1', '0 <13>abc', 'def3 abc'], ['<13>abcdef', 'abc']],
  ['auto: lines', 'auto', ['<13>a\n<13>b\n'], ['<13>a', '<13>b']],
  [
    'auto: lines that begin with a number',
    'auto',
    ['200', ' OK\n404 Not Found\n'],
    ['200 OK', '404 Not Found'],
  ],
])('%s', (_name, kind, segments, expected) => {
  expect(frame(kind, segments)).toEqual({ messages: expected, notes: [], broken: undefined })
})

test.each<[string, Framing, string[], string[]]>([
  ['newline', 'newline', ['a\nb'], ['a', 'b']],
  ['nul', 'nul', ['a\0b'], ['a', 'b']],
  ['octet_counted', 'octet_counted', ['3 abc9 half'], ['abc', 'half']],
  ['auto, undecided', 'auto', ['12'], ['12']],
])('an unfinished message is handed on: %s', (_name, kind, segments, expected) => {
  expect(frame(kind, segments)).toMatchObject({ messages: expected, notes: ['unfinished_message'] })
})

test('a message of exactly the limit is whole, with CR LF too', () => {
  expect(frame('newline', ['12345\r\n', '1234', '5\r', '\n'], { max: 5 })).toMatchObject({
    messages: ['12345', '12345'],
    notes: [],
  })
})

test('a longer message is cut, or dropped, and what follows is whole', () => {
  for (const segments of [['123456789\nab\n'], '123456789\nab\n'.split('')]) {
    expect(frame('newline', segments, { max: 5 })).toMatchObject({
      messages: ['12345', 'ab'],
      notes: ['message_too_long'],
    })
    expect(frame('newline', segments, { max: 5, longMessages: 'drop' })).toMatchObject({
      messages: ['ab'],
      notes: ['message_too_long_dropped'],
    })
  }
  for (const segments of [['9 1234567892 ab'], '9 1234567892 ab'.split('')]) {
    expect(frame('octet_counted', segments, { max: 5 })).toMatchObject({
      messages: ['12345', 'ab'],
      notes: ['message_too_long'],
    })
    expect(frame('octet_counted', segments, { max: 5, longMessages: 'drop' })).toMatchObject({
      messages: ['ab'],
      notes: ['message_too_long_dropped'],
    })
  }
})

test('a cut does not split a character', () => {
  expect(frame('newline', ['abcé\n'], { max: 4 }).messages).toEqual(['abc'])
  expect(frame('newline', ['abcé\n'], { max: 5 }).messages).toEqual(['abcé'])
})

test.each(['abc\n', '007 x', '12345678901 x', '3\nabc', '-3 abc'])(
  'octet counting refuses %j and keeps what was good before',
  (bad) => {
    const { messages, broken } = frame('octet_counted', [`2 ok${bad}`])
    expect(messages).toEqual(['ok'])
    expect(broken).toContain('begins with its length')
  },
)
