import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { rotate } from '../peers/logrotate.ts'
import { load, startNginx } from '../peers/nginx.ts'
import { waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { startRsyslog } from '../peers/rsyslog.ts'

const nginx = requirePeer('nginx')
const ab = requirePeer('ab')
const logrotate = requirePeer('logrotate')
const rsyslog = requirePeer('rsyslog')
const linesIn = (path: string) => readFileSync(path, 'utf8').split('\n').length - 1

/** The peers themselves: what the other tests rely on. */
describe('real peers', () => {
  it.skipIf(!nginx || !ab || !logrotate)('nginx logs each request; logrotate rotates', async () => {
    const server = await startNginx(nginx!)
    const first = linesIn(server.accessLog)
    expect(await load(ab!, server.url, 1000)).toBe(1000)
    expect(linesIn(server.accessLog)).toBe(first + 1000)
    await rotate(logrotate!, { path: server.accessLog, method: 'copytruncate', compress: true })
    expect(linesIn(server.accessLog)).toBe(0)
    await load(ab!, server.url, 10)
    await rotate(logrotate!, { path: server.accessLog, method: 'create', compress: true })
    server.reopen()
    await waitFor('the new log', () => readdirSync(server.logFolder).includes('access.log'))
    expect(readdirSync(server.logFolder).toSorted()).toEqual([
      'access.log',
      'access.log.1.gz',
      'access.log.2.gz',
    ])
    await server.stop()
  })

  it.skipIf(!rsyslog)('rsyslog forwards with octet counts', async () => {
    const received: Buffer[] = []
    const server = createServer((socket) => socket.on('data', (data) => received.push(data)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const peer = await startRsyslog(rsyslog!, { port, protocol: 'tcp', framing: 'octet-counted' })
    await peer.send(['<34>1 2026-11-21T10:17:37Z host app 1 - - hello'])
    await waitFor('the message', () => Buffer.concat(received).includes('hello'))
    expect(Buffer.concat(received).toString()).toMatch(/^\d+ <34>1 2026-11-21T10:17:37/)
    await peer.stop()
    server.close()
  })
})
