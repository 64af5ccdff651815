import fc from 'fast-check'
import { compare } from 'semver'
import { expect, test } from 'vitest'
import { compareReleases, orderOf } from '../../../errors/releases/order.ts'

const identifier = fc.oneof(fc.nat(30).map(String), fc.constantFrom('alpha', 'beta', 'rc', 'x-1'))
const version = fc
  .tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.array(identifier, { maxLength: 3 }))
  .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre.length > 0 ? `-${pre.join('.')}` : ''}`)

test('sorts as semver does', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const [x, y] = [orderOf(a).sort!, orderOf(`shop@${b}`).sort!]
      expect(Math.sign(x < y ? -1 : x > y ? 1 : 0)).toBe(compare(a, b))
    }),
  )
})

test('a version may have two numbers, or four; a hash or a date is none', () => {
  expect(orderOf('shop@1.2').sort).toBe(orderOf('shop@1.2.0').sort)
  expect(orderOf('1.2.3.4').sort! > orderOf('1.2.3').sort!).toBe(true)
  expect(orderOf('v1.2.3').sort).toBe(orderOf('1.2.3').sort)
  for (const text of ['20260105', '3f2a9c1', 'shop@3f2a9c1', '']) {
    expect(orderOf(text).sort).toBeNull()
  }
  expect(orderOf('@scope/shop@1.0.0').package).toBe('@scope/shop')
})

test('without versions to compare, the date decides', () => {
  const release = (text: string, dateMs: number, id: number) => ({ ...orderOf(text), dateMs, id })
  expect(compareReleases(release('a@2.0.0', 1, 1), release('a@1.0.0', 2, 2))).toBeGreaterThan(0)
  expect(compareReleases(release('a@2.0.0', 1, 1), release('b@1.0.0', 2, 2))).toBeLessThan(0)
  expect(compareReleases(release('abc', 5, 3), release('def', 5, 4))).toBeLessThan(0)
})

test('of two that were never heard of the version decides', () => {
  const unknown = (text: string) => ({ ...orderOf(text), dateMs: 9, id: Number.MAX_SAFE_INTEGER })
  expect(compareReleases(unknown('a@2.2.9'), unknown('a@2.3.0'))).toBeLessThan(0)
  expect(compareReleases(unknown('a@2.10.0'), unknown('a@2.3.0'))).toBeGreaterThan(0)
  expect(compareReleases(unknown('a@2.3.0+1'), unknown('a@2.3.0+2'))).toBe(0)
  expect(compareReleases(unknown('abc'), unknown('def'))).toBe(0)
})
