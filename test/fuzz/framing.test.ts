import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFramer } from '../../collector/inputs/framing/framing.ts'
import type { Framing } from '../../collector/inputs/framing/options.ts'
import { Spans } from '../../collector/inputs/framing/spans.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 3000)

interface Limits {
  readonly maxMessageBytes: number
  readonly longMessages: 'cut' | 'drop'
}

const frame = (kind: Framing, segments: readonly Buffer[], limits: Limits) => {
  const messages: string[] = []
  const notes: string[] = []
  const framer = createFramer(kind, {
    ...limits,
    spans: new Spans(),
    note: (reason) => notes.push(reason),
    emit: (source, { list, count }) => {
      for (let i = 0; i < count; i++) {
        const [start, end] = [list[2 * i]!, list[2 * i + 1]!]
        expect(start < end && end <= source.length).toBe(true)
        messages.push(source.toString('latin1', start, end))
      }
    },
  })
  for (const segment of segments) framer.push(segment)
  framer.end()
  return { messages, notes, isBroken: framer.broken !== undefined }
}

const cutAt = (bytes: Buffer, places: readonly number[]) => {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted(
    (a, b) => a - b,
  )
  return [...at, bytes.length].map((end, i) => Buffer.from(bytes.subarray(at[i - 1] ?? 0, end)))
}

const framings = fc.constantFrom<Framing>(
  'newline',
  'nul',
  'octet_counted',
  'auto',
  { delimiter: ';' },
  { delimiter: 'aab' },
  { delimiter: '\r\n' },
)
/** Bytes in which delimiters, digits and multi-byte characters are frequent. */
const streams = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        '\0',
        ';',
        'a',
        'aa',
        'aab',
        ' ',
        '<',
        '1',
        '3 ',
        '12 <',
        'é',
        '€',
      ),
      fc.string({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    { maxLength: 60 },
  )
  .map((parts) => Buffer.from(parts.join('')))

test('however a stream is cut into segments, its messages are the same', () => {
  fc.assert(
    fc.property(
      framings,
      streams,
      fc.array(fc.nat(), { maxLength: 20 }),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom('cut', 'drop'),
      (kind, bytes, places, maxMessageBytes, longMessages) => {
        const limits: Limits = { maxMessageBytes, longMessages }
        const whole = frame(kind, [bytes], limits)
        expect(frame(kind, cutAt(bytes, places), limits)).toEqual(whole)
        const single = [...bytes].map((byte) => Buffer.from([byte]))
        expect(frame(kind, single, limits)).toEqual(whole)
      },
    ),
    { numRuns: runs },
  )
})

test('lines are what splitting the whole text gives', () => {
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), { maxLength: 20 }), (bytes, places) => {
      const { messages } = frame('newline', cutAt(bytes, places), {
        maxMessageBytes: 1000,
        longMessages: 'cut',
      })
      const lines = bytes.toString('latin1').split('\n')
      expect(messages).toEqual(lines.map((line) => line.replace(/\r$/, '')).filter(Boolean))
    }),
    { numRuns: runs },
  )
})

test('octet-counted messages come out as they went in', () => {
  const messages = fc.array(
    fc.uint8Array({ minLength: 1, maxLength: 50 }).filter((bytes) => bytes.at(-1) !== 10),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 20 }), (sent, places) => {
      const frames = sent.flatMap((message) => [Buffer.from(`${message.length} `), message])
      const result = frame('octet_counted', cutAt(Buffer.concat(frames), places), {
        maxMessageBytes: 1000,
        longMessages: 'cut',
      })
      expect(result).toEqual({
        messages: sent.map((message) => Buffer.from(message).toString('latin1')),
        notes: [],
        isBroken: false,
      })
    }),
    { numRuns: runs },
  )
})
