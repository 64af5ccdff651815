import fc from 'fast-check'
import { expect, test } from 'vitest'
import { complete, type Vocabulary } from '../../../../store/query/language/complete.ts'
import { queryOfText } from '../../../../store/query/language/parser.ts'

const starting = (all: readonly string[]) => (prefix: string) =>
  all.filter((each) => each.toLowerCase().startsWith(prefix))
const fields = starting(['level', 'log.file.path', 'odd name', 'host.name'])
const values = starting(['error', 'web 1', 'or', 'say "hi"'])
const vocabulary: Vocabulary = { fields, values: (_, prefix) => values(prefix) }

/** `|` is the cursor. */
async function offered(marked: string) {
  const cursor = marked.indexOf('|')
  const text = marked.replace('|', '')
  const { from, to, candidates } = await complete(text, cursor, vocabulary)
  return [text.slice(from, to), candidates.map((each) => each.text).join(' ')]
}

test.each([
  ['|', '', 'level: log.file.path: odd\\ name: host.name:'],
  ['l|', 'l', 'level: log.file.path:'],
  ['n|', 'n', 'NOT'],
  ['le|vel:x', 'level', 'level:'],
  ['level:|', '', 'error "web 1" "or" "say \\"hi\\""'],
  ['level: w|', 'w', '"web 1"'],
  ['level:"w|', '"w', '"web 1"'],
  ['level>=|', '', 'error "web 1" "or" "say \\"hi\\""'],
  ['level:error |', '', 'AND OR NOT level: log.file.path: odd\\ name: host.name:'],
  ['level:error a|', 'a', 'AND'],
  ['level:error AND h|', 'h', 'host.name:'],
  ['level:(error OR w|', 'w', '"web 1"'],
  ['level:(error OR (a b) O|', 'O', 'odd\\ name: OR'],
  ['(l|)', 'l', 'level: log.file.path:'],
  ['n:[1 T|O 5]', '', ''],
])('at %s', async (marked, replaced, candidates) => {
  expect(await offered(marked)).toEqual([replaced, candidates])
})

test('whatever the text, it says something, and values can be put in', async () => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from('ab :()"\\/[]{}<>=+-!~^*ANDOR')),
    maxLength: 25,
  })
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: -1, max: 30 }), async (query, cursor) => {
      const { from, to } = await complete(query, cursor, vocabulary)
      expect(from).toBeLessThanOrEqual(to)
      expect(to).toBeLessThanOrEqual(query.length)
    }),
    { numRuns: 500 },
  )
  for (const { text: value, label } of (await complete('level:', 6, vocabulary)).candidates)
    expect(queryOfText(`level:${value}`)).toMatchObject({ text: label })
})
