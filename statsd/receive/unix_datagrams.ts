import { chmodSync, unlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { ConfigError } from '../../core/errors.ts'
import { listenFailure } from '../../core/listen/failure.ts'
import { clearPath } from '../../core/listen/unix_path.ts'
import { type Listen, listenKey } from './listening.ts'

/** What we use of the package node-unix-socket (N-API, so it fits any Node). */
interface DatagramSocket {
  bind(path: string): void
  close(): void
  setRecvBufferSize(bytes: number): void
  on(event: 'data', listener: (datagram: Buffer) => void): void
  on(event: 'error', listener: (failure: Error) => void): void
}

const packageName = 'node-unix-socket'

/** What makes Unix datagram sockets; a ConfigError says what is missing. */
export function loadUnixDatagrams(): () => DatagramSocket {
  try {
    const loaded = createRequire(import.meta.url)(packageName) as {
      DgramSocket: new () => DatagramSocket
    }
    return () => new loaded.DgramSocket()
  } catch (failure) {
    throw new ConfigError(
      'WEIR_CONFIG_INVALID',
      `unixgram: needs the package ${packageName}, as Node has no Unix datagram sockets: run "npm install ${packageName}" beside Weir, or listen on unix: or udp:`,
      { cause: failure },
    )
  }
}

/** Unix datagram sockets, where the optional package that brings them is installed. */
export const listenUnixDatagrams =
  (load = loadUnixDatagrams): Listen =>
  async ({ address, dialect }, { settings, reader, complaints }) => {
    if (address.protocol !== 'unixgram') throw new Error('not a Unix datagram address')
    const { path } = address
    const socket = load()()
    await clearPath(path, listenKey)
    try {
      socket.bind(path)
      chmodSync(path, Number.parseInt(settings.permissions, 8))
      socket.setRecvBufferSize(settings.receiveBufferBytes)
    } catch (failure) {
      socket.close()
      throw listenFailure(failure, { protocol: 'unix', path }, listenKey)
    }
    socket.on('data', (datagram) => reader.packet(datagram, 0, datagram.length))
    socket.on('error', (failure) => {
      complaints.say('receiving metrics failed', { reason: failure.message })
    })
    return {
      status: { address: `unixgram://${path}`, dialect },
      async close() {
        socket.close()
        unlinkSync(path)
      },
    }
  }
