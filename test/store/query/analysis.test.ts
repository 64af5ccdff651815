import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asciiTokenRegexp, tokensOf } from '../../../store/query/analysis.ts'

/** As `_analyze` of OpenSearch 3.6 and the documentation of the standard analyser have it. */
test.each([
  [
    "The 2 QUICK Brown-Foxes jumped over the lazy dog's bone.",
    "the|2|quick|brown|foxes|jumped|over|the|lazy|dog's|bone",
  ],
  [
    "foo:bar __ _a a_b 3.14 1,000 isn't a.b a.1 1.a x.y.z 192.168.0.1 user@example.com",
    "foo:bar|_a|a_b|3.14|1,000|isn't|a.b|a|1|1|a|x.y.z|192.168.0.1|user|example.com",
  ],
  ['http://a.com/x-y?q=1', 'http|a.com|x|y|q|1'],
  ['カタカナ ひらがな 漢字', 'カタカナ|ひ|ら|が|な|漢|字'],
  ["🙂👍🏽 a's 2² ⅷ a_.b 1_000,2", "🙂|👍🏽|a's|2|ⅷ|a_|b|1_000,2"],
  ['été ไทย 한국어 .5 -3 a;b 1;2 O’Neil a..b', 'été|ไทย|한국어|5|3|a|b|1;2|o’neil|a|b'],
  ['', ''],
])('%s', (text, expected) => {
  expect(tokensOf(text).join('|')).toBe(expected)
})

test('long tokens are cut', () => {
  expect(tokensOf('a'.repeat(300)).map(({ length }) => length)).toEqual([255, 45])
})

test('long texts take linear time', () => {
  for (const text of [
    'a.'.repeat(50_000),
    '1'.repeat(100_000),
    'a1.'.repeat(30_000),
    "a'1,".repeat(20_000),
  ])
    expect(tokensOf(text).length).toBeGreaterThan(0)
})

test('tokens of ASCII are those of a plain reading of the rules', () => {
  const ascii = fc.string({
    unit: fc.constantFrom(...Array.from("abzA019_.:',;- /@")),
    maxLength: 30,
  })
  fc.assert(
    fc.property(ascii, (text) => {
      expect(tokensOf(text)).toEqual(plainTokens(text))
      const found = text.toLowerCase().match(new RegExp(asciiTokenRegexp, 'g')) ?? []
      expect(found.filter((token) => !/^_+$/.test(token))).toEqual(tokensOf(text))
    }),
    { numRuns: 2000 },
  )
})

/** WB6-7 and WB11-12 of UAX #29, character by character. */
function plainTokens(text: string): string[] {
  const lower = text.toLowerCase()
  const isLetter = (character = '') => /[a-z]/.test(character)
  const isDigit = (character = '') => /[0-9]/.test(character)
  const tokens: string[] = []
  let token = ''
  for (let at = 0; at <= lower.length; at++) {
    const character = lower[at] ?? ' '
    const [before, behind] = [lower[at - 1], lower[at + 1]]
    const joins =
      (/[.':]/.test(character) && isLetter(before) && isLetter(behind)) ||
      (/[.',;]/.test(character) && isDigit(before) && isDigit(behind))
    if (/[a-z0-9_]/.test(character) || (joins && token !== '')) token += character
    else {
      if (/[a-z0-9]/.test(token)) tokens.push(token)
      token = ''
    }
  }
  return tokens
}

test('a text of ASCII has the tokens that it has beside one that is not', () => {
  const ascii = fc.string({
    unit: fc.constantFrom(...Array.from("abzA019_.:',;- /@\n\u0000\u007f")),
    maxLength: 30,
  })
  fc.assert(
    fc.property(ascii, (text) => {
      expect([...tokensOf(text), 'é']).toEqual(tokensOf(`${text} é`))
    }),
    { numRuns: 2000 },
  )
})
