import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Family, type FamilyType, labelsText } from '../../core/exposition/family.ts'
import { openMetrics, text004 } from '../../core/exposition/formats.ts'
import { Globs } from '../../statsd/prometheus/mapping/globs.ts'
import { countUpTo } from '../../statsd/prometheus/observed.ts'
import { readWriteRequest } from '../../statsd/prometheus/remote_write/write_request.ts'
import {
  parseExposition,
  type ScrapedSample,
  scrapeOpenMetrics,
  scrapeText,
} from '../../statsd/prometheus/scrape/parse.ts'
import { sketchOf } from '../../statsd/flush/sketch.ts'
import { cpuMsOf } from '../cpu_time.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3_000)

const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/)
const labels = fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'grapheme' })), {
  maxLength: 4,
  selector: ([label]) => label,
})
const family = fc.record({
  name,
  help: fc.string({ unit: 'grapheme' }),
  type: fc.constantFrom<FamilyType>('counter', 'gauge', 'unknown'),
  // Texts have one zero.
  samples: fc.array(fc.record({ labels, value: fc.double().map((value) => value + 0) }), {
    maxLength: 3,
  }),
})
const families = fc.array(family, { maxLength: 6 })

type Written = typeof family extends fc.Arbitrary<infer Of> ? Of : never
const asFamily = ({ samples, ...rest }: Written): Family => ({
  ...rest,
  samples: samples.map((sample) => ({ value: sample.value, labels: labelsText(sample.labels) })),
})

test('what is written in the text format is what is read', () => {
  fc.assert(
    fc.property(families, (given) => {
      const clashes: string[] = []
      const text = [...text004.write(given.map(asFamily), (clash) => clashes.push(clash))].join('')
      const read = [...parseExposition(text, scrapeText)]
      const seen = new Set<string>()
      const shown = given.filter((each) => {
        const names = [
          each.name,
          ...(each.type === 'counter' ? ['_total', '_created'].map((end) => each.name + end) : []),
        ]
        if (names.some((taken) => seen.has(taken))) return false
        for (const taken of names) seen.add(taken)
        return true
      })
      const wanted = shown.flatMap((each) =>
        each.samples.map((sample): ScrapedSample => ({
          name: each.name,
          labels: sample.labels.map(([label, value]) => [label, value.toWellFormed()] as const),
          value: sample.value,
          atMs: undefined,
        })),
      )
      expect(clashes).toHaveLength(given.length - shown.length)
      expect(read.map(wellFormed)).toEqual(wanted)
    }),
    { numRuns },
  )
})

const wellFormed = ({ labels: given, ...rest }: ScrapedSample): ScrapedSample => ({
  ...rest,
  labels: given.map(([label, value]) => [label, value.toWellFormed()] as const),
})

test('what is written in OpenMetrics can be read, and has no counter below zero', () => {
  fc.assert(
    fc.property(families, (given) => {
      const read = [
        ...parseExposition([...openMetrics.write(given.map(asFamily))].join(''), scrapeOpenMetrics),
      ]
      const counters = new Set(
        given.filter(({ type }) => type === 'counter').map((each) => each.name),
      )
      for (const sample of read) {
        const isCounter =
          counters.has(sample.name.replace(/_total$/, '')) && sample.name.endsWith('_total')
        if (isCounter && !counters.has(sample.name)) expect(sample.value).toBeGreaterThanOrEqual(0)
      }
    }),
    { numRuns },
  )
})

test('whatever a target answers, it is read or refused with its line', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'a',
      '{',
      '}',
      '=',
      '"',
      '\\',
      ',',
      ' ',
      '\n',
      '# EOF',
      '1',
      'NaN',
      '+Inf',
      '#',
      '\u0000',
    ),
    fc.string({ maxLength: 3 }),
  )
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom(scrapeText, scrapeOpenMetrics), (given, format) => {
      try {
        for (const sample of parseExposition(given, format)) expect(sample.name).not.toBe('')
      } catch (failure) {
        expect(failure).toBeInstanceOf(SyntaxError)
      }
    }),
    { numRuns },
  )
})

test('long lines of any kind take time in step with their length', () => {
  for (const given of ['{', '"', '\\', ' ', 'a', '{a="', 'a{b="c",', '\t \t', '# ', '1 '].map(
    (part) => part.repeat(100_000),
  )) {
    const spent = cpuMsOf(() => {
      expect(() => [...parseExposition(given, scrapeOpenMetrics)]).toThrow(SyntaxError)
    })
    expect(spent).toBeLessThan(2_000)
  }
})

test('whatever is posted as a write request, it is read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        for (const series of readWriteRequest(Buffer.from(bytes), () => {})) {
          expect(series.samples.every(({ atMs }) => atMs >= 0)).toBe(true)
        }
      } catch (failure) {
        expect(failure).toBeInstanceOf(SyntaxError)
      }
    }),
    { numRuns: numRuns * 3 },
  )
})

test('globs fit as expressions made of them do', () => {
  const part = fc.constantFrom('a', 'b', 'ab', '*')
  const glob = fc.array(part, { minLength: 1, maxLength: 4 })
  const dotted = fc.array(fc.constantFrom('a', 'b', 'ab', 'x', ''), { minLength: 1, maxLength: 4 })
  const known = fc.uniqueArray(glob, { maxLength: 8, selector: (parts) => parts.join('.') })
  fc.assert(
    fc.property(known, dotted, (globs, parts) => {
      const given = parts.join('.')
      const ordered = new Globs<number>({ ordered: true })
      const unordered = new Globs<number>({ ordered: false })
      for (const [at, each] of globs.entries()) {
        ordered.add(each.join('.'), at)
        unordered.add(each.join('.'), at)
      }
      const fits = globs.map((each) => {
        const source = each.map((one) => (one === '*' ? '([^.]*)' : one)).join('\\.')
        return new RegExp(`^${source}$`).exec(given)
      })
      const first = fits.findIndex((match) => match !== null)
      const found = ordered.match(given)
      expect(found?.rule).toBe(first < 0 ? undefined : first)
      if (found) expect(found.captures).toEqual(fits[first]!.slice(1))
      // What is written out goes before a star, from left to right.
      const ranked = globs
        .map((each, at) => ({ at, rank: each.map((one) => (one === '*' ? 1 : 0)).join('') }))
        .filter(({ at }) => fits[at] !== null)
        .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
      expect(unordered.match(given)?.rule).toBe(ranked[0]?.at)
    }),
    { numRuns },
  )
})

test('buckets from a sketch are those of the values, to the width of its buckets', () => {
  const value = fc.oneof(
    fc.constantFrom(0, 1, -1, 25, 50, 100, 1000),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((each) => Math.abs(each) > 1e-6),
  )
  const bound = fc.constantFrom(-100, -1, 0, 1, 25, 100, 2500)
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), bound, (values, limit) => {
      const sketch = sketchOf(Float64Array.from(values).toSorted())
      const count = (to: number) => values.filter((each) => each <= to).length
      const found = countUpTo(sketch, limit)
      expect(found).toBeGreaterThanOrEqual(count(limit))
      expect(found).toBeLessThanOrEqual(count(limit + Math.abs(limit) * 0.0203))
    }),
    { numRuns },
  )
})
