import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimalNumber, jsNumber, plainNumber } from '../../../statsd/line/number.ts'

const read = (how: typeof jsNumber, text: string) => {
  const bytes = Buffer.from(`9${text}9`)
  return how(bytes, 1, bytes.length - 1)
}

const texts = fc.oneof(
  fc.double().map(String),
  fc.integer().map(String),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value.toFixed(3)),
  fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'e', ' '), maxLength: 18 }),
)

test('numbers are what JavaScript reads, and the plain ones to the last bit', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const expected = text === '' ? NaN : Number(text)
      expect(read(jsNumber, text)).toBe(expected)
      const plain = read(plainNumber, text)
      if (!Number.isNaN(plain)) expect(plain).toBe(expected)
    }),
    { numRuns: 500 },
  )
})

test.each(['1', '-1.5', '+.5', '5.', '1e3', '-1E-3', '123456789012345678'])(
  '%s is decimal',
  (text) => {
    expect(read(decimalNumber, text)).toBe(Number(text))
  },
)

test.each(['', ' 1', '0x10', 'Infinity', 'NaN', '1e', '.', '-', '1_0'])('%j is not', (text) => {
  expect(read(decimalNumber, text)).toBeNaN()
})
