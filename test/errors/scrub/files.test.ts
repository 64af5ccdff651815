import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { scrubbingConfig } from '../../../errors/scrub/config.ts'
import { scrubFile } from '../../../errors/scrub/files.ts'
import { compileScrubbing } from '../../../errors/scrub/rules.ts'

const rulesWith = (config: object) => compileScrubbing(scrubbingConfig.parse(config))
const rules = rulesWith({})
const breathe = async () => {}
const scrubbed = async (text: string, by = rules) => {
  const bytes = await scrubFile(Buffer.from(text), by, breathe)
  return bytes && Buffer.from(bytes).toString()
}

describe('texts', () => {
  test.each([
    ['2026 login password=hunter2 ok', '2026 login password=[Filtered] ok'],
    ['{"message":"in","token":"abc"}\n{"a":1}', '{"message":"in","token":"[Filtered]"}\n{"a":1}'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [Filtered]'],
    ['pay with 4111 1111 1111 1111 now', 'pay with [Filtered] now'],
    ['db postgres://shop:hunter2@db/shop', 'db postgres://shop:[Filtered]@db/shop'],
    ['the author of it is unauthorized', 'the author of it is unauthorized'],
  ])('%s', async (text, expected) => expect(await scrubbed(text)).toBe(expected))

  test('JSON by its names', async () => {
    const given = { user: { password: 'hunter2', session: { tokens: [1, 2] } }, note: 'plain' }
    const expected = { user: { password: '[Filtered]', session: { tokens: null } }, note: 'plain' }
    expect(JSON.parse((await scrubbed(JSON.stringify(given, null, 2)))!)).toEqual(expected)
  })

  test('what has no secret is byte for byte as it came', async () => {
    const bytes = Buffer.from('{ "a": [1,  2] }\r\n')
    expect(await scrubFile(bytes, rules, breathe)).toBe(bytes)
    const off = rulesWith({ enabled: false })
    const secret = Buffer.from('password=x')
    expect(await scrubFile(secret, off, breathe)).toBe(secret)
  })

  test('long ones are looked through in pieces, and nothing is lost between them', async () => {
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${'QUJD\n'.repeat(400)}-----END RSA PRIVATE KEY-----\n`
    for (const before of [65_000, 65_500, 66_500, 67_500]) {
      const line = 'nothing to see here, move on\n'
      const text = line.repeat(before / line.length) + key + 'token=hunter2\n' + line.repeat(9_000)
      const result = (await scrubbed(text))!
      expect(result).not.toContain('QUJD')
      expect(result).not.toContain('hunter2')
      expect(result.match(/nothing to see/g)).toHaveLength(text.match(/nothing to see/g)!.length)
    }
  })

  test('a line without end costs no more than its length', async () => {
    const text = `${'a'.repeat(300_000)} password=hunter2 ${'-----BEGIN'.repeat(20_000)}`
    const result = (await scrubbed(text))!
    expect(result).not.toContain('hunter2')
    expect(result.length).toBe(text.length - 'hunter2'.length + '[Filtered]'.length)
  })
})

test('what is no text is left to the caller', async () => {
  for (const bytes of [
    Buffer.from('MDMP\0'),
    Buffer.from([0xff, 0xfe, 0x41]),
    randomBytes(5_000),
  ]) {
    expect(await scrubFile(bytes, rules, breathe)).toBeUndefined()
  }
})
