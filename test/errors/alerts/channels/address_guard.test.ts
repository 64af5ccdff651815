import { expect, test } from 'vitest'
import { guardedAddress, isPublic } from '../../../../errors/alerts/channels/address_guard.ts'

test.each([
  ['93.184.216.34', true],
  ['2606:2800:220:1:248:1893:25c8:1946', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['172.32.0.1', true],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:93.184.216.34', false],
  ['::ffff:127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['2001:db8::1', false],
  ['fe80::1', false],
  ['fc00::1', false],
  ['ff02::1', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublic(address)).toBe(expected)
})

const found =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

test('of several addresses a public one is taken', async () => {
  const lookup = found('10.0.0.1', '93.184.216.34')
  expect(await guardedAddress('a.example', false, lookup)).toMatchObject({
    address: '93.184.216.34',
  })
  expect(await guardedAddress('a.example', true, lookup)).toMatchObject({ address: '10.0.0.1' })
})

test('numbers are judged without a resolver, however a URL writes them', async () => {
  const never = () => Promise.reject(new Error('asked'))
  for (const host of [
    '127.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '[::1]',
    '[::ffff:a00:1]',
  ]) {
    const { hostname } = new URL(`http://${host}/`)
    await expect(guardedAddress(hostname, false, never)).rejects.toThrow('no public address')
  }
})

test('a name that is not resolved may be later', async () => {
  const fails = () => Promise.reject(new Error('SERVFAIL'))
  await expect(guardedAddress('a.example', false, fails)).rejects.toThrow('cannot be resolved')
  await expect(guardedAddress('a.example', false, found())).rejects.toThrow('has no address')
})
