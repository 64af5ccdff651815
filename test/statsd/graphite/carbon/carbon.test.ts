import { describe, expect, it } from 'vitest'
import { BadMessage, CarbonPickles } from '../../../../statsd/graphite/carbon/pickled.ts'
import { CarbonLines } from '../../../../statsd/graphite/carbon/plaintext.ts'
import type { CarbonSample, CarbonSink } from '../../../../statsd/graphite/carbon/sample.ts'
import { unpickle } from '../../../../statsd/graphite/carbon/unpickle.ts'

const nowMs = 1_800_000_000_500

class Sink implements CarbonSink {
  readonly samples: CarbonSample[] = []
  readonly refused: string[] = []
  add(sample: CarbonSample) {
    this.samples.push(sample)
  }
  refuse(reason: string, text: string) {
    this.refused.push(`${reason}: ${text}`)
  }
}

function lines(...pieces: string[]): Sink {
  const sink = new Sink()
  const reader = new CarbonLines(sink, 200)
  for (const piece of pieces) reader.push(Buffer.from(piece), nowMs)
  reader.end()
  return sink
}

describe('plaintext', () => {
  it('reads lines in whatever pieces they come', () => {
    const { samples, refused } = lines('a.b 1.5 18', '0\nc -2e3 -1\r\n', '\n  d\t.5  17 \n')
    expect(samples).toEqual([
      { series: 'a.b', value: 1.5, atMs: 180_000 },
      { series: 'c', value: -2000, atMs: nowMs },
      { series: 'd', value: 0.5, atMs: 17_000 },
    ])
    expect(refused).toEqual([])
  })

  it('takes both spellings of tags, sorted', () => {
    const { samples } = lines('m;b=2;a=1 1 10\nm{b="2",a="1"} 1 10\n')
    expect(samples.map(({ series }) => series)).toEqual(['m;a=1;b=2', 'm;a=1;b=2'])
  })

  it('drops NaN and infinity, counted apart', () => {
    expect(lines('a NaN 1\na inf 1\na -Infinity 1\n').refused).toEqual([
      'not_finite: a',
      'not_finite: a',
      'not_finite: a',
    ])
  })

  it.each([
    'a 1',
    'a 1 2 3',
    'a x 1',
    'a 1 x',
    'a 0x10 1',
    'a 1 nan',
    `a 1 ${nowMs / 1000 + 100_000}`,
    'a 1 -5',
    'a;b 1 1',
    'a;=c 1 1',
    'a\u0000b 1 1',
    'a 1__0 1',
  ])('refuses %j, and goes on', (line) => {
    const { samples, refused } = lines(`${line}\nfine 1 1\n`)
    expect(refused).toHaveLength(1)
    expect(samples).toEqual([{ series: 'fine', value: 1, atMs: 1000 }])
  })

  it('refuses a line that is too long, and half a line at the end', () => {
    const { samples, refused } = lines('a'.repeat(150), 'a'.repeat(150), ' 1 1\nb 1 1\nc 1 1')
    expect(samples).toEqual([{ series: 'b', value: 1, atMs: 1000 }])
    expect(refused).toEqual([
      'bad_sample: a line longer than max_line_size',
      'bad_sample: a line without its end',
    ])
  })
})

function message(bytes: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(bytes.length)
  return Buffer.concat([head, bytes])
}

describe('pickle', () => {
  /** Python's `pickle.dumps([('a.b', (180, 1.5)), ('c', (190, 2))], protocol=2)`. */
  const protocol2 = Buffer.from(
    '80025d7100285803000000612e6271014bb4473ff800000000000086710286710358010000006371044bbe4b02867105867106652e',
    'hex',
  )
  const etsy = Buffer.from("(l(S'stats.x'\n(L180L\nS'1.5'\ntta.")

  it('reads what Python writes', () => {
    expect(unpickle(protocol2)).toEqual([
      ['a.b', [180, 1.5]],
      ['c', [190, 2]],
    ])
  })

  it("reads what Etsy's statsd writes: numbers as texts", () => {
    const sink = new Sink()
    new CarbonPickles(sink, 1000).push(message(etsy), nowMs)
    expect(sink.refused).toEqual([])
    expect(sink.samples).toEqual([{ series: 'stats.x', value: 1.5, atMs: 180_000 }])
  })

  it('reads messages in whatever pieces they come', () => {
    const sink = new Sink()
    const reader = new CarbonPickles(sink, 1000)
    const bytes = Buffer.concat([message(protocol2), message(protocol2)])
    for (const byte of bytes) reader.push(Buffer.from([byte]), nowMs)
    reader.end()
    expect(sink.samples).toHaveLength(4)
    expect(sink.refused).toEqual([])
  })

  it.each([
    ['a call', "cos\nsystem\n(S'true'\ntR."],
    ['a class', 'ccopy_reg\n_reconstructor\n.'],
    ['a text that ends too early', 'U\u00ff.'],
    ['nothing', ''],
    ['an append to nothing', 'N)a.'],
    ['a memo that was not kept', 'h\u0005.'],
    ['no list', 'I5\n.'],
  ])('refuses %s', (_, text) => {
    const sink = new Sink()
    new CarbonPickles(sink, 1000).push(message(Buffer.from(text, 'latin1')), nowMs)
    expect(sink.samples).toEqual([])
    expect(sink.refused).toHaveLength(1)
  })

  it('gives up a connection whose message is too long', () => {
    const sink = new Sink()
    const reader = new CarbonPickles(sink, 1000)
    expect(() => reader.push(Buffer.from([0, 0, 4, 0]), nowMs)).toThrow(BadMessage)
    reader.end()
    expect(sink.refused).toEqual([])
  })
})
