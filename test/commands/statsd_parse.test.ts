import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { parseStatsdLines } from '../../commands/statsd_parse.ts'
import type { Dialect } from '../../statsd/line/dialect.ts'

const parse = async (pieces: readonly string[], dialect: Dialect = 'etsy') => {
  const output = new PassThrough()
  const input = Readable.from(pieces.map((piece) => Buffer.from(piece)))
  await parseStatsdLines(input, output, dialect, () => 0)
  output.end()
  let text = ''
  for await (const piece of output) text += String(piece)
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

test('each line says what it means, or why it is refused', async () => {
  expect(await parse(['a.b:1|c|@0.1\n\ng:+5|g\nno', 'type\nt:1|ms:x|c\nu:bob|s|#b:1,a:2'])).toEqual(
    [
      { line: 'a.b:1|c|@0.1', name: 'a.b', means: [{ type: 'counter', adds: 10 }] },
      { line: 'g:+5|g', name: 'g', means: [{ type: 'gauge', changesBy: 5 }] },
      {
        line: 'notype',
        refused: [{ reason: 'statsd_no_type', because: 'a StatsD line without a type' }],
      },
      {
        line: 't:1|ms:x|c',
        name: 't',
        means: [{ type: 'timer', values: [1], count: 1 }],
        refused: [
          {
            reason: 'statsd_bad_value',
            because: 'no name, or a value that is no number of its type',
          },
        ],
      },
      { line: 'u:bob|s|#b:1,a:2', name: 'u;b=1;a=2', means: [{ type: 'set', members: ['bob'] }] },
    ],
  )
})

test('the same line means something else to DogStatsD', async () => {
  const [line] = await parse(['a:1:2|h|#b:1,a:2\n'], 'datadog')
  expect(line).toMatchObject({
    name: 'a;a=2;b=1',
    means: [{ type: 'histogram', values: [1, 2], count: 2 }],
  })
  const [value] = await parse(['a:1|g|T1\n'], 'datadog')
  expect(value).toMatchObject({ means: [{ value: 1, time: '1970-01-01T00:00:01.000Z' }] })
  const [event] = await parse(['_sc|db|0\n'], 'datadog')
  expect(event).toMatchObject({ event: { statsd: { check: 'db', status: 'ok' } } })
})

test('a line that never ends is refused', async () => {
  expect(await parse(['x'.repeat(70_000), '\na:1|c'])).toEqual([
    { refused: [{ reason: 'statsd_too_long' }] },
    { line: 'a:1|c', name: 'a', means: [{ type: 'counter', adds: 1 }] },
  ])
})
