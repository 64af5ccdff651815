import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { addressText, listenFailure, whoHolds } from '../../../core/listen/failure.ts'

const failureOf = (code: string) => Object.assign(new Error(`bind ${code}`), { code })
const address = { protocol: 'tcp', host: '::1', port: 80 } as const

test.skipIf(process.platform !== 'linux')('who listens is found', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const held = { protocol: 'tcp', host: '127.0.0.1', port } as const
  expect(whoHolds(held)).toMatchObject({ pid: process.pid })
  expect(whoHolds({ ...held, host: '0.0.0.0' })).toMatchObject({ pid: process.pid })
  expect(whoHolds({ ...held, host: '127.0.0.9' })).toBeUndefined()
  expect(listenFailure(failureOf('EADDRINUSE'), held, 'http.listen').message).toMatch(
    new RegExp(
      `^cannot listen on tcp://127.0.0.1:${port}: this Weir \\(pid ${process.pid}\\) has it. Set another.* http.listen$`,
    ),
  )
  server.close()
  await once(server, 'close')
  expect(whoHolds(held)).toBeUndefined()
})

test('each failure names the address, the reason and the key', () => {
  for (const [code, reason] of [
    ['EADDRINUSE', 'has it'],
    ['EACCES', 'CAP_NET_BIND_SERVICE'],
    ['EADDRNOTAVAIL', 'no such address'],
    ['EMFILE', 'bind EMFILE'],
  ] as const) {
    const failure = listenFailure(failureOf(code), address, 'http.listen')
    expect(failure.code).toBe('WEIR_LISTEN_FAILED')
    expect(failure.message).toContain('tcp://[::1]:80')
    expect(failure.message).toContain(reason)
    expect(failure.message).toContain('http.listen')
  }
  const unix = listenFailure(failureOf('EACCES'), { protocol: 'unix', path: '/run/x' }, 'path')
  expect(unix.message).toContain('unix:///run/x: permission denied; the folder')
  expect(addressText({ protocol: 'udp', host: '0.0.0.0', port: 1 })).toBe('udp://0.0.0.0:1')
})
