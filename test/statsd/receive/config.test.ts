import { expect, test } from 'vitest'
import { z } from 'zod'
import { receiveFields } from '../../../statsd/receive/config.ts'

const config = z.strictObject(receiveFields)

test('without a config there is a UDP and a TCP address on loopback', () => {
  expect(config.parse({}).listen).toEqual([
    { address: { protocol: 'udp', host: '127.0.0.1', port: 8125 } },
    { address: { protocol: 'tcp', host: '127.0.0.1', port: 8125 } },
  ])
})

test('an address may have a dialect of its own', () => {
  const listen = ['unix:/run/s.sock', { address: 'udp://[::1]:9', dialect: 'datadog' }]
  expect(config.parse({ listen }).listen).toEqual([
    { address: { protocol: 'unix', path: '/run/s.sock' } },
    { address: { protocol: 'udp', host: '::1', port: 9 }, dialect: 'datadog' },
  ])
})

test.each([
  ['ftp://x', /not an address to listen on/],
  [['unixgram:/run/d.sock'], /node-unix-socket/],
  [[{ address: 'udp://127.0.0.1:1', dialect: 'etsi' }], /etsy/],
])('%j is refused with what to do', (listen, message) => {
  const { error } = config.safeParse({ listen })
  expect(JSON.stringify(error?.issues)).toMatch(message)
})
