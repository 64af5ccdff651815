import { FlattenMap, TraceMap, traceSegment } from '@jridgewell/trace-mapping'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MapUnreadable, packMappings } from '../../../errors/symbolicate/mappings.ts'
import { readSourceMap } from '../../../errors/symbolicate/source_map.ts'
import { encodeMappings, type Segment } from './encode_map.ts'

const small = fc.nat(40)
const segment: fc.Arbitrary<Segment> = fc.oneof(
  fc.tuple(small),
  fc.tuple(small, fc.nat(2), small, small),
  fc.tuple(small, fc.nat(2), small, small, fc.nat(3)),
)
const lines = fc.array(fc.array(segment, { maxLength: 8 }), { minLength: 1, maxLength: 6 })
const sources = ['a.js', 'b.js', 'c.js']
const names = ['one', 'two', 'three', 'four']

/** What both say of a position: source, line, column, name. */
function ours(json: object, line: number, column: number) {
  const { mappings } = readSourceMap(Buffer.from(JSON.stringify(json)), 1e6)
  const found = mappings.find(line, column)
  const original = found < 0 ? undefined : mappings.original(found)
  return original ? [original.source, original.line, original.column, original.name] : undefined
}
function theirs(map: TraceMap, line: number, column: number) {
  const found = traceSegment(map, line, column)
  return found && found.length > 1 ? [found[1], found[2], found[3], found[4] ?? -1] : undefined
}

test('any map answers as trace-mapping does, columns out of order too', () => {
  fc.assert(
    fc.property(lines, fc.nat(7), fc.nat(45), (given, line, column) => {
      const json = { version: 3 as const, sources, names, mappings: encodeMappings(given) }
      expect(ours(json, line, column)).toEqual(theirs(new TraceMap(json), line, column))
    }),
  )
})

test('an index map answers as trace-mapping does', () => {
  const section = fc.record({ gap: fc.nat(3), column: fc.nat(20), given: lines })
  fc.assert(
    fc.property(
      fc.array(section, { minLength: 1, maxLength: 3 }),
      fc.nat(12),
      fc.nat(45),
      (given, line, column) => {
        let at = 0
        const sections = given.map(({ gap, column: first, given: content }) => {
          at += gap + 1
          // Sections of one's own sources: theirs merges equal ones.
          const own = sources.map((name) => `${at}/${name}`)
          const sorted = content.map((segments) => segments.toSorted((a, b) => a[0]! - b[0]!))
          const map = {
            version: 3 as const,
            sources: own,
            names: [],
            mappings: encodeMappings(sorted.map((one) => one.map((each) => each.slice(0, 4)))),
          }
          return { offset: { line: at, column: first }, map }
        })
        const json = { version: 3 as const, names: [], sections }
        const map = new FlattenMap(json)
        const read = readSourceMap(Buffer.from(JSON.stringify(json)), 1e6)
        const found = read.mappings.find(line, column)
        const original = found < 0 ? undefined : read.mappings.original(found)
        const their = theirs(map, line, column)
        expect(original && [read.source(original.source), original.line, original.column]).toEqual(
          their && [map.sources[their[0]!], their[1], their[2]],
        )
      },
    ),
  )
})

test('a segment knows where it is in the script, and its name', () => {
  const packed = packMappings(
    [
      {
        mappings: encodeMappings([[[3, 0, 1, 2, 1]], [], [[5], [9, 1, 0, 0]]]),
        line: 0,
        column: 0,
        firstSource: 0,
        firstName: 0,
      },
    ],
    1e6,
  )
  const last = packed.find(2, 100)
  expect(packed.generated(last)).toEqual({ line: 2, column: 9 })
  expect(packed.original(last)).toEqual({ source: 1, line: 0, column: 0, name: -1 })
  expect(packed.generated(packed.find(0, 3))).toEqual({ line: 0, column: 3 })
  expect(packed.nameOf(packed.find(0, 3))).toBe(1)
  expect(packed.original(packed.find(2, 6))).toBeUndefined()
  expect([packed.find(1, 0), packed.find(0, 2), packed.find(-1, 0), packed.find(7, 0)]).toEqual([
    -1, -1, -1, -1,
  ])
})

const wrong: readonly [string, unknown][] = [
  ['no JSON', '<!doctype html>'],
  ['a list', '[]'],
  ['null', 'null'],
  ['no mappings', '{"version":3}'],
  ['mappings that are none', '{"mappings":"A!A"}'],
  ['numbers without end', `{"mappings":"${'g'.repeat(50)}"}`],
  ['characters that are none', '{"mappings":"AAAA,ÄÖ"}'],
  ['sections in sections in sections', nested(40)],
  [
    'sections out of order',
    '{"sections":[{"offset":{"line":5,"column":0},"map":{"mappings":"AAAA"}},{"offset":{"line":1,"column":0},"map":{"mappings":"AAAA"}}]}',
  ],
  [
    'a section at a negative line',
    '{"sections":[{"offset":{"line":-5,"column":0},"map":{"mappings":"AAAA"}}]}',
  ],
  [
    'a section far down',
    '{"sections":[{"offset":{"line":2147483000,"column":0},"map":{"mappings":"AAAA"}}]}',
  ],
  [
    'a section without a map',
    '{"sections":[{"offset":{"line":1,"column":0},"url":"http://169.254.169.254/"}]}',
  ],
  ['more than may be kept', `{"mappings":"${'AAAA,'.repeat(60_000)}"}`],
  ['more lines than may be kept', `{"mappings":"${';'.repeat(400_000)}"}`],
]
test.each(wrong)('is refused with a reason: %s', (_name, text) => {
  expect(() => readSourceMap(Buffer.from(String(text)), 1e6)).toThrow(MapUnreadable)
})

function nested(depth: number): string {
  const open = '{"sections":[{"offset":{"line":0,"column":0},"map":'
  return `${open.repeat(depth)}{"mappings":""}${'}]}'.repeat(depth)}`
}

test('whatever else is odd costs what is odd only', () => {
  const json = {
    sources: [null, 7, 'a.js'],
    sourcesContent: 'none',
    names: { a: 1 },
    sourceRoot: 3,
    ignoreList: ['x'],
    mappings: 'AEAAA',
  }
  const map = readSourceMap(Buffer.from(JSON.stringify(json)), 1e6)
  expect([map.source(0), map.source(1), map.source(2), map.source(-1)]).toEqual([
    undefined,
    undefined,
    'a.js',
    undefined,
  ])
  expect(map.name(0)).toBeUndefined()
  expect(map.lines(2)).toBeUndefined()
})

test('any JSON is read or refused, never more', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (json, mappings) => {
      for (const text of [json, JSON.stringify({ mappings, sources: ['a'] })]) {
        try {
          const map = readSourceMap(Buffer.from(text), 1e6)
          const found = map.mappings.find(0, 5)
          if (found >= 0) map.mappings.original(found)
        } catch (failure) {
          expect(failure).toBeInstanceOf(MapUnreadable)
        }
      }
    }),
  )
})
