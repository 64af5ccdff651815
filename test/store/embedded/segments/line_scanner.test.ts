import fc from 'fast-check'
import { expect, test } from 'vitest'
import { promotedColumns } from '../../../../store/embedded/columns.ts'
import { KnownTexts } from '../../../../store/embedded/segments/known_texts.ts'
import { LineScanner } from '../../../../store/embedded/segments/line_scanner.ts'
import { PathTree } from '../../../../store/embedded/segments/path_tree.ts'
import { hashesOf } from '../../../../store/embedded/segments/words.ts'
import { WordSet } from '../../../../store/embedded/segments/word_set.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 100)

class Scanning {
  readonly paths = new PathTree(10_000)
  readonly words = new WordSet(1_000)
  readonly #root = this.paths.root('s')
  readonly #scanner = new LineScanner(this.paths, this.words, new KnownTexts())

  /** What is found in a line, which ends at the end of `bytes` or before. */
  scan(bytes: Buffer, end: number) {
    const scanner = this.#scanner
    const isObject = scanner.scan(bytes, 0, end, this.#root)
    if (!isObject) return undefined
    const found = [...scanner.columns.subarray(0, scanner.found)].filter(
      (column) => (scanner.spilled & (1 << column)) === 0,
    )
    return {
      spilled: scanner.spilled,
      values: found.map((column) => {
        const value = bytes.toString('utf8', scanner.starts[column], scanner.ends[column])
        const isEscaped = (scanner.escaped & (1 << column)) !== 0
        return [promotedColumns[column]!.path, value, isEscaped]
      }),
    }
  }

  shapes() {
    return this.paths
      .takeLearnt()
      .map(({ shape: { jsonPath, kind } }) => `${jsonPath} ${kind}`)
      .toSorted()
  }
}

const names = fc.constantFrom(
  'message',
  'log',
  'level',
  'log.level',
  'a',
  'http',
  'ä',
  '',
  '__proto__',
  'process',
  'pid',
)
const texts = fc.constantFrom(
  '',
  'a',
  'abc',
  'abcd',
  'GET /x',
  '2026-11-21',
  '2026-11-21T10:00:00Z',
  'K\u212a \u0130',
  'quote " and \\',
  'line\nend',
  'ä€😀',
  'x'.repeat(187),
  'x'.repeat(188),
  'x y '.repeat(48),
  'x'.repeat(300),
)
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.integer(),
    fc.constantFrom(null, true, false, 1.5, 2e30, 123456789012345680),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
  ),
}))
const objects = fc.array(fc.tuple(names, values), { maxLength: 5 }).map(Object.fromEntries)
const lines = fc.oneof(
  { weight: 8, arbitrary: objects.map((each) => JSON.stringify(each)) },
  {
    weight: 2,
    arbitrary: objects.map((each) => JSON.stringify(each, undefined, 1).replaceAll('\n', ' ')),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(objects, fc.nat(40), fc.constantFrom('', '"', '}', ']', ',', '\\', ' ', '\u0001'))
      .map(([each, at, put]) => {
        const text = JSON.stringify(each)
        const place = at % text.length
        return text.slice(0, place) + put + text.slice(place + 1)
      }),
  },
)

test('what lines before had changes nothing of what is found in a line', () => {
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 12 }), fc.boolean(), (all, isLast) => {
      const warm = new Scanning()
      const learnt = new Set<string>()
      const taught = new Set<string>()
      // Twice: the second time each has been there.
      for (const line of [...all, ...all]) {
        const cold = new Scanning()
        const text = Buffer.from(line)
        const bytes = Buffer.concat([text, Buffer.from(isLast ? '' : '\n"}]}}}"')])
        const expected = cold.scan(bytes, text.length)
        expect(warm.scan(bytes, text.length)).toEqual(expected)
        for (const shape of warm.shapes()) learnt.add(shape)
        for (const shape of cold.shapes()) taught.add(shape)
        expect(learnt).toEqual(taught)
        if (!expected) continue
        const words = new Set(warm.words.sorted())
        expect([...cold.words.sorted()].filter((hash) => !words.has(hash))).toEqual([])
      }
    }),
    { numRuns },
  )
}, 300_000)

test('a line that differs from one before in one place is read as it is', () => {
  const scanning = new Scanning()
  const scan = (line: string) => scanning.scan(Buffer.from(`${line}\n`), Buffer.byteLength(line))
  const line = '{"message":"one two","log":{"level":"info"},"process":{"pid":17}}'
  for (let n = 0; n < 3; n++) expect(scan(line)?.values).toHaveLength(3)
  expect(scan('{"message":"one two","log":{"level":"info"},"process":{"pid":"17"}}')).toEqual({
    spilled: 1 << promotedColumns.findIndex(({ path }) => path === 'process.pid'),
    values: [
      ['message', '"one two"', false],
      ['log.level', '"info"', false],
    ],
  })
  expect(scan('{"message":"one two","log":{"level":"info"}}')?.values).toHaveLength(2)
  expect(scan(`${line}}`)).toBeUndefined()
  expect(scan(`${line} `)?.values).toHaveLength(3)
  expect(scan(line.slice(0, -1))).toBeUndefined()
  expect(
    scan('{"message":"one two","log":{"level":"info","x":{},"y":[1,{"z":2}]},"process":{"pid":17}}')
      ?.values,
  ).toHaveLength(3)
})

test('each set of words gets the words of a text, whoever had it before', () => {
  const paths = new PathTree(50)
  const sets = [new WordSet(1_000), new WordSet(1_000)] as const
  const scanner = new LineScanner(paths, sets[0], new KnownTexts())
  const line = Buffer.from('{"message":"one two"}\n')
  for (const words of [...sets, ...sets]) {
    scanner.words = words
    scanner.scan(line, 0, line.length - 1, paths.root('s'))
    expect([...words.sorted()]).toEqual([...Uint32Array.from(hashesOf('one two')).toSorted()])
  }
})
