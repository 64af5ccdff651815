import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, test } from 'vitest'
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

/** Frames a file that grows by these lengths, as a tail does that looks after each. */
function frameArriving(
  bytes: Buffer,
  options: Record<string, unknown>,
  arrivals: readonly number[],
) {
  const framed = framing(options)
  const messages: string[] = []
  const state = { cut: false, nul: false }
  const tally = { nulRuns: 0, cut: 0, dropped: 0 }
  let offset = 0
  let size = 0
  for (const arrival of [...arrivals, Infinity]) {
    size = Math.min(bytes.length, size + arrival)
    const final = arrival === Infinity
    const ending = { final, flush: final, first: offset === 0 }
    offset = framed.frame(bytes, offset, size, state, ending)
    for (let i = 0; i < framed.count; i++) {
      messages.push(framed.source.toString('utf8', framed.spans[i * 2], framed.spans[i * 2 + 1]))
    }
    const { nulRuns, cut, dropped } = framed.takeTally()
    tally.nulRuns += nulRuns
    tally.cut += cut
    tally.dropped += dropped
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

test.each([
  ['behind an event that waits', 'e1\n more\n\0\0\0\0\0\0e2\n', ['e1\n more', 'e2'], 1],
  ['that no line follows', 'e1\n more\n\0\0\0\0\0\0', ['e1\n more'], 1],
  ['behind an empty line that waits', 'e1\n\n\0\0\0e2\n\0\0\0', ['e1\n', 'e2'], 2],
  ['before an event that waits', '\0\0\0\0e1\n more\n more\n', ['e1\n more\n more'], 1],
])('NULs %s are counted once, however they arrive', (_, text, events, nulRuns) => {
  const options = { multiline: { start_pattern: '^e' } }
  const bytes = Buffer.from(text)
  for (const step of [1, 2, 3, 5, bytes.length]) {
    const arrivals = Array.from({ length: Math.ceil(bytes.length / step) }, () => step)
    const found = frameArriving(bytes, options, arrivals)
    expect(found).toMatchObject({ messages: events, tally: { nulRuns } })
  }
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

describe('a line too long amid several that make one event', () => {
  const long = 'x'.repeat(100)
  const options = { max_line_size: 64, multiline: { start_pattern: '^\\d+ ' } }
  const text = `1 a\n a\n2 ${long}\n after\n9 fin\n ${long}\n cont9\n10 z\n`

  test('cut, it stays a part of its event', () => {
    const { messages, tally } = frameAll(Buffer.from(text), options)
    expect(messages).toEqual([
      '1 a\n a',
      `2 ${'x'.repeat(62)}\n after`,
      `9 fin\n ${'x'.repeat(63)}\n cont9`,
      '10 z',
    ])
    expect(tally).toMatchObject({ cut: 2, dropped: 0, multilineCut: 0 })
  })

  test('dropped, it alone is missing', () => {
    const dropping = { ...options, long_lines: 'drop' }
    const { messages, tally } = frameAll(Buffer.from(text), dropping)
    // What belongs to a dropped beginning is not taken for the end of the event before.
    expect(messages).toEqual(['1 a\n a', ' after', '9 fin\n cont9', '10 z'])
    expect(tally).toMatchObject({ cut: 0, dropped: 2, multilineCut: 0 })
  })

  test('in another encoding', () => {
    const encoding = 'utf-16le'
    const given = { ...options, max_line_size: 128, encoding }
    expect(frameAll(iconv.encode(text, encoding), given).messages).toEqual([
      '1 a\n a',
      `2 ${'x'.repeat(62)}\n after`,
      `9 fin\n ${'x'.repeat(63)}\n cont9`,
      '10 z',
    ])
  })

  test('the event stays within its bounds', () => {
    const multiline = { ...options.multiline, max_bytes: 100 }
    const { messages, tally } = frameAll(Buffer.from(`1 a\n${`${long}\n`.repeat(3)}`), {
      ...options,
      multiline,
    })
    const cut = 'x'.repeat(64)
    expect(messages).toEqual([`1 a\n${cut}`, cut, cut])
    expect(tally).toMatchObject({ cut: 3, multilineCut: 2 })
  })

  test('one that is larger than what is read at once ends its event', () => {
    const multiline = { ...options.multiline, max_bytes: 100 }
    const small = { ...options, read_size: 200, multiline }
    const bytes = Buffer.from(`1 a\n${'x'.repeat(1000)}\n after\n2 b\n`)
    const { messages, tally } = frameAll(bytes, small, 200)
    expect(messages).toEqual([`1 a\n${'x'.repeat(64)}`, ' after', '2 b'])
    expect(tally.cut).toBe(1)
  })

  test('whatever the chunks, and however it comes, the events are the same', () => {
    const line = fc
      .tuple(fc.constantFrom('1 ', ' '), fc.constantFrom(0, 5, 62, 63, 64, 65, 66, 150))
      .map(([begin, length]) => begin + 'x'.repeat(length))
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom('cut', 'drop'),
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 10 }),
        (lines, long_lines, arrivals) => {
          const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''))
          const given = { ...options, long_lines }
          const events: string[][] = []
          let isOpen = false
          for (const each of lines) {
            if (/^\d+ /.test(each)) isOpen = false
            const isDropped = each.length > 64 && long_lines === 'drop'
            if (isDropped) continue
            if (!isOpen) events.push([])
            isOpen = true
            events.at(-1)!.push(each.slice(0, 64))
          }
          const { messages, tally } = frameArriving(bytes, given, arrivals)
          expect(messages).toEqual(events.map((each) => each.join('\n')))
          expect(tally.cut + tally.dropped).toBe(lines.filter(({ length }) => length > 64).length)
        },
      ),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
    )
  })
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
