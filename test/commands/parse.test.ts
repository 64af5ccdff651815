import { Readable, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { parseCommand, parserOf } from '../../commands/parse.ts'
import { ConfigError } from '../../core/errors.ts'

async function run(
  type: string,
  options: Parameters<typeof parserOf>[1],
  pieces: readonly string[],
) {
  let text = ''
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  await parseCommand(
    parserOf(type, options),
    Readable.from(pieces.map((piece) => Buffer.from(piece))),
    output,
  )
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown)
}

test('one JSON object for each line, cut anywhere, CRLF and a last line without an end among them', async () => {
  expect(await run('none', {}, ['a', 'b\r\n\nc', '\nd'])).toEqual([
    { message: 'ab' },
    { message: '' },
    { message: 'c' },
    { message: 'd' },
  ])
})

test('a line that does not fit says why', async () => {
  expect(await run('json', {}, ['{"a":1}\n[1]\n'])).toEqual([
    { a: 1 },
    { unmatched: '[1]', reason: 'not_an_object: the JSON value is not an object' },
  ])
})

test('options are read as the config would', async () => {
  const line = '{"t":"2026-01-01 00:00:00","n":"5"}\n'
  const option = [
    'time_key=t',
    'time_format=%F %T',
    'timezone=+01:00',
    'types=n:integer',
    'keep_time_key=true',
  ]
  expect(await run('json', { option }, [line])).toEqual([
    { '@timestamp': '2025-12-31T23:00:00.000Z', t: '2026-01-01 00:00:00', n: 5 },
  ])
  expect(() => parserOf('json', { option: ['x'] })).toThrow(/name=value/)
  expect(() => parserOf('json', { option: ['x=1'] })).toThrow(ConfigError)
})
