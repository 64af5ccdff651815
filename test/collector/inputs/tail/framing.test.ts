import fc from 'fast-check'
import iconv from 'iconv-lite'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Framing } from '../../../../collector/inputs/tail/framing.ts'
import { tailFields } from '../../../../collector/inputs/tail/options.ts'

function framing(options: Record<string, unknown>): Framing {
  return new Framing(z.object(tailFields).parse({ paths: ['/x'], ...options }))
}

/** Frames a file as a tail does: in chunks, each beginning where the last message ended. */
function frameAll(bytes: Buffer, options: Record<string, unknown>, chunk = 1 << 20, final = true) {
  const framed = framing(options)
  const messages: string[] = []
  const state = { cut: false, nul: false }
  const tally = { nulRuns: 0, cut: 0, dropped: 0, multilineCut: 0 }
  for (let offset = 0; offset < bytes.length;) {
    const end = Math.min(bytes.length, offset + chunk)
    const last = end === bytes.length
    const ending = { final: final && last, flush: final && last, first: offset === 0 }
    const done = framed.frame(Buffer.from(bytes), offset, end, state, ending)
    for (let i = 0; i < framed.count; i++) {
      messages.push(framed.source.toString('utf8', framed.spans[i * 2], framed.spans[i * 2 + 1]))
    }
    for (const [key, value] of Object.entries(framed.takeTally())) {
      tally[key as keyof typeof tally] += value
    }
    if (done === offset) break
    offset = done
  }
  return { messages, tally }
}

test('LF, CRLF, empty lines, byte order mark', () => {
  expect(frameAll(Buffer.from('\ufeffa\r\n\r\n\nb \n c'), {}).messages).toEqual(['a', 'b ', ' c'])
  expect(frameAll(Buffer.from('a\n\nb\n'), { skip_empty_lines: false }).messages).toEqual([
    'a',
    '',
    'b',
  ])
})

test('long lines are cut, not amid a character, or dropped; both counted', () => {
  const bytes = Buffer.from(`ok\n${'é'.repeat(20)}\nok\n${'x'.repeat(200)}\nok\n`)
  const cut = frameAll(bytes, { max_line_size: 21 }, 64)
  expect(cut.messages).toEqual(['ok', 'é'.repeat(10), 'ok', 'x'.repeat(21), 'ok'])
  expect(cut.tally.cut).toBe(2)
  const dropped = frameAll(bytes, { max_line_size: 21, long_lines: 'drop' }, 64)
  expect(dropped.messages).toEqual(['ok', 'ok', 'ok'])
  expect(dropped.tally.dropped).toBe(2)
})

test('runs of NULs at the beginning of lines are skipped and counted', () => {
  const bytes = Buffer.concat([Buffer.alloc(500), Buffer.from('a\nb\n'), Buffer.alloc(3)])
  expect(frameAll(bytes, {}, 64)).toMatchObject({ messages: ['a', 'b'], tally: { nulRuns: 2 } })
})

test('encodings', () => {
  const text = 'первая\r\nвторая ॐ\n日本\n'
  for (const encoding of ['utf-16le', 'utf-16be']) {
    expect(frameAll(iconv.encode(text, encoding), { encoding }, 20).messages).toEqual([
      'первая',
      'вторая ॐ',
      '日本',
    ])
  }
  // U+0A0D and U+0D0A hold the bytes of line ends without being any.
  const tricky = 'a\u0a0db\u0d0a\u000ac\n'
  expect(frameAll(iconv.encode(tricky, 'utf-16le'), { encoding: 'utf-16le' }).messages).toEqual([
    'a\u0a0db\u0d0a',
    'c',
  ])
  expect(frameAll(iconv.encode('日本\n語\n', 'cp932'), { encoding: 'cp932' }).messages).toEqual([
    '日本',
    '語',
  ])
})

test('several lines make one event, by each kind of pattern', () => {
  const trace = 'ERROR a\n  at x\n\n  at y\nINFO b\n'
  const whole = ['ERROR a\n  at x\n\n  at y', 'INFO b']
  const start = { multiline: { start_pattern: '^[A-Z]+ ' } }
  expect(frameAll(Buffer.from(trace), start).messages).toEqual(whole)
  const go = { multiline: { continue_pattern: '^(\\s|$)' } }
  expect(frameAll(Buffer.from(trace), go).messages).toEqual(whole)
  const end = { multiline: { end_pattern: ';$' } }
  expect(frameAll(Buffer.from('a\nb;\nc;\nd\n'), end).messages).toEqual(['a\nb;', 'c;', 'd'])
  expect(frameAll(Buffer.from(trace), start, 1 << 20, false).messages).toEqual([whole[0]])
})

test('an event of too many lines or bytes is divided and counted', () => {
  const lines = 'S\n' + 'a\n'.repeat(5)
  const some = frameAll(Buffer.from(lines), { multiline: { start_pattern: 'S', max_lines: 3 } })
  expect(some).toMatchObject({ messages: ['S\na\na', 'a\na\na'], tally: { multilineCut: 1 } })
  const bytes = frameAll(Buffer.from(`S\n${'b'.repeat(30)}\n`.repeat(1) + 'a\n'.repeat(50)), {
    multiline: { start_pattern: 'S', max_bytes: 40 },
  })
  expect(bytes.messages.join('\n').replaceAll('\n', '')).toBe(`S${'b'.repeat(30)}${'a'.repeat(50)}`)
})

test('whatever the chunks, the lines are the same', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constant(''),
    fc.constant('x'.repeat(90)),
  )
  fc.assert(
    fc.property(fc.array(line), fc.integer({ min: 200, max: 900 }), (lines, chunk) => {
      const texts = lines.map((text) => text.replace(/[\r\n\0\ufeff]/g, ''))
      const bytes = Buffer.from(texts.join('\n'))
      const expected = texts.filter((text) => text !== '')
      fc.pre(texts.every((text) => Buffer.byteLength(text) < 150))
      expect(frameAll(bytes, { max_line_size: 190 }, chunk).messages).toEqual(expected)
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
  )
})
