import { expect, test } from 'vitest'
import {
  fixedText,
  floatText,
  generalText,
  integerText,
  rounded,
} from '../../../../statsd/graphite/render/number_text.ts'
import { percentFormat } from '../../../../statsd/graphite/render/percent_format.ts'

test.each([
  [100, '100.0'],
  [0.1, '0.1'],
  [1e-4, '0.0001'],
  [1e-5, '1e-05'],
  [1.5e16, '1.5e+16'],
  [123456789012345680, '1.2345678901234568e+17'],
  [-0, '-0.0'],
  [Infinity, 'inf'],
  [NaN, 'nan'],
])('a float %s is written %s', (value, text) => expect(floatText(value)).toBe(text))

test.each([
  [100, '100'],
  [0.1, '0.1'],
  [1e6, '1e+06'],
  [999999.5, '1e+06'],
  [200000.5, '200000'],
  [3509685, '3.50968e+06'],
  [0.00001234, '1.234e-05'],
  [1.23456789, '1.23457'],
  [0, '0'],
])('%%g of %s is %s', (value, text) => expect(generalText(value)).toBe(text))

test.each([
  [2.5, 0, 2],
  [3.5, 0, 4],
  [0.125, 2, 0.12],
  [2.675, 2, 2.67],
  [1234, -2, 1200],
  [1250, -2, 1200],
  [1e300, 6, 1e300],
  [0.30000000000000004, 6, 0.3],
  [-1.5, 0, -2],
])('%s rounded to %s digits is %s', (value, digits, result) => {
  expect(rounded(value, digits)).toBe(result)
})

test('fixed digits and whole numbers', () => {
  expect(fixedText(0.125, 2)).toBe('0.12')
  expect(fixedText(-0.001, 2)).toBe('-0.00')
  expect(integerText(-2.9)).toBe('-2')
})

test('a format takes exactly one number', () => {
  expect(percentFormat('%d of 100%%, %%d', 12.7)).toBe('12 of 100%, %d')
  expect(percentFormat('[%8.2f]', 3.14159)).toBe('[    3.14]')
  expect(percentFormat('[%-6s]', 1)).toBe('[1.0   ]')
  expect(() => percentFormat('none', 1)).toThrow('takes 0 values')
  expect(() => percentFormat('%d %d', 1)).toThrow('takes 2 values')
  expect(() => percentFormat('%q', 1)).toThrow('%q is not understood')
})
