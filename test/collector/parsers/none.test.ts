import { expect, test } from 'vitest'
import { parserFrom } from '../../../collector/parsers/all.ts'
import { arrival, bothWays } from './agreement.ts'

const none = parserFrom('none', 'json')

test.each([
  '',
  'text',
  '"\\\b\f\n\r\t\u0001\u001f\u007f',
  'é€😀 and text that is longer than a word or two',
])('%j', (text) => {
  const { event, direct } = bothWays(none, text)
  expect(event).toEqual({ message: text })
  expect(direct).toBe(JSON.stringify({ '@timestamp': arrival, message: text }))
})

test('every length and place of what needs an escape', () => {
  for (let length = 0; length < 40; length++) {
    for (let at = 0; at < length; at += 3) {
      const text = `${'x'.repeat(at)}"${'y'.repeat(length - at)}`
      expect(bothWays(none, text).direct).toBe(
        JSON.stringify({ '@timestamp': arrival, message: text }),
      )
    }
  }
})

test('a field that would clash with the envelope is left to the plain way', () => {
  expect(parserFrom({ type: 'none', message_key: 'log' }, 'json').transcode).toBeUndefined()
  expect(parserFrom({ type: 'none', message_key: 'text' }, 'json').transcode).toBeDefined()
})
