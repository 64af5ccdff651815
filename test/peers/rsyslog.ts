import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, launch, waitFor } from './process.ts'
import type { Found } from './require.ts'

/** A real rsyslog that forwards what it gets. */
export interface Rsyslog {
  /** Gives it messages, one a line, as a syslog client by TCP. */
  send(lines: readonly string[]): Promise<void>
  stop(): Promise<void>
}

export interface Forwarding {
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly framing?: 'traditional' | 'octet-counted'
  readonly format?: 'RSYSLOG_SyslogProtocol23Format' | 'RSYSLOG_ForwardFormat'
}

/** Starts an rsyslog found by `requirePeer('rsyslog')` that forwards to 127.0.0.1. */
export async function startRsyslog(found: Found, to: Forwarding): Promise<Rsyslog> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rsyslog-'))
  const port = await freePort()
  const config = join(folder, 'rsyslog.conf')
  const { protocol, framing = 'traditional', format = 'RSYSLOG_SyslogProtocol23Format' } = to
  const framed = protocol === 'tcp' ? `TCP_Framing="${framing}"` : ''
  writeFileSync(
    config,
    `global(workDirectory="${folder}")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="${port}")
action(type="omfwd" target="127.0.0.1" port="${to.port}" protocol="${protocol}" ${framed}
       template="${format}" action.resumeRetryCount="-1" action.resumeInterval="1")
`,
  )
  const args = ['-n', '-f', config, '-i', join(folder, 'rsyslog.pid')]
  const program = launch(found.path, args, { output: join(folder, 'output.log') })
  await waitFor('rsyslog', () => accepts(port), 10_000)
  return {
    send: (lines) =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.end(lines.map((line) => `${line}\n`).join(''))
        })
        socket.on('error', reject).on('close', () => resolve())
        socket.resume()
      }),
    async stop() {
      await program.end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
