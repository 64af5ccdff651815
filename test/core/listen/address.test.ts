import { expect, test } from 'vitest'
import { createAccess } from '../../../core/listen/access.ts'
import { parseAddress } from '../../../core/listen/address.ts'
import { inputs } from '../../../collector/inputs/all.ts'

test.each([
  ['udp://0.0.0.0:5514', '0.0.0.0', 5514],
  ['UDP://127.0.0.1:1', '127.0.0.1', 1],
  ['[::1]:514', '::1', 514],
  ['udp://[fe80::1%eth0]:514', 'fe80::1%eth0', 514],
  ['::', '::', 5160],
  ['[::]', '::', 5160],
  [':514', '0.0.0.0', 514],
  ['514', '0.0.0.0', 514],
  ['0.0.0.0', '0.0.0.0', 5160],
  ['logs.example.com', 'logs.example.com', 5160],
  ['logs.example.com:0', 'logs.example.com', 0],
])('%s', (text, host, port) => {
  expect(parseAddress(text, 'udp', 5160)).toEqual({ host, port })
})

test.each([
  ['tcp://0.0.0.0:1', 'listens on udp'],
  ['0.0.0.0:65536', 'above 65535'],
  ['1:2:3:4', 'not an address'],
  ['[nonsense]:1', 'not an IPv6 address'],
  ['host:port', 'not an address'],
])('%s is refused', (text, why) => {
  expect(parseAddress(text, 'udp', 5160)).toContain(why)
})

test('ports have the defaults of Fluentd', () => {
  expect(inputs.schema.parse({ type: 'udp' })).toMatchObject({
    listen: [{ host: '0.0.0.0', port: 5160 }],
  })
  expect(inputs.schema.parse({ type: 'tcp' })).toMatchObject({
    listen: [{ host: '0.0.0.0', port: 5170 }],
  })
})

test('allow and deny', () => {
  const may = createAccess({
    allow: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
    deny: ['10.1.0.0/16'],
  })
  expect(['10.0.0.1', 'fd00::5', '192.0.2.1'].map(may)).toEqual([true, true, true])
  expect(['10.1.2.3', '192.0.2.2', '::1', '11.0.0.1'].map(may)).toEqual([
    false,
    false,
    false,
    false,
  ])
  expect(createAccess({ deny: [] })('anything')).toBe(true)
  expect(createAccess({ deny: ['0.0.0.0/0'] })('::1')).toBe(true)
})

test('a network that is none is refused with an example', () => {
  for (const network of ['10.0.0.0/33', 'localhost', '10.0.0.0/', '::/129']) {
    expect(() => inputs.schema.parse({ type: 'tcp', allow: [network] })).toThrow('10.0.0.0/8')
  }
})
