import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { messageOf } from '../../core/errors.ts'
import { plainIp } from '../../core/listen/access.ts'
import type { Complaints } from '../../core/listen/complaints.ts'
import { addressText, listenFailure } from '../../core/listen/failure.ts'
import { formatSize } from '../../core/size_text.ts'
import { DatagramQueue } from './datagram_queue.ts'
import { type Listen, listenKey } from './listening.ts'

/** Turns of the event loop that closing gives to what the kernel holds; each receives 32 datagrams. */
const mostTurns = 1000

/** A UDP socket with a receive buffer that a burst fits into. */
export const listenUdp: Listen = async ({ address, dialect }, world, early) => {
  if (address.protocol !== 'udp') throw new Error('not a UDP address')
  const { host, port } = address
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' })
  const { complaints, reader, maySend, settings, traffic } = world
  let received = 0
  const read = (datagram: Uint8Array, sender: string) => {
    received += 1
    if (!maySend || maySend(plainIp(sender))) reader.packet(datagram, 0, datagram.length)
    else {
      traffic.note('connection_refused')
      complaints.say('datagram refused: not allowed', { peer: sender })
    }
  }
  // Before the socket is read: the last value of a gauge is the one that holds.
  for (const { bytes, sender } of early?.datagrams ?? []) read(bytes, sender)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (failure) => {
      socket.close()
      reject(listenFailure(failure, { protocol: 'udp', host, port }, listenKey))
    })
    const fd = early?.descriptor
    socket.bind(fd === undefined ? { address: host, port } : { fd }, resolve)
  })
  const granted = setReceiveBuffer(socket, settings.receiveBufferBytes, complaints)
  socket.removeAllListeners('error')
  socket.on('error', (failure) => {
    complaints.say('receiving metrics failed', { reason: failure.message })
  })
  const queue = new DatagramQueue(
    socket,
    (bytes, length) => {
      received += 1
      reader.packet(bytes, 0, length)
    },
    (failure) => complaints.say('reading datagrams ahead failed', { reason: messageOf(failure) }),
  )
  socket.on('message', (datagram, sender) => {
    read(datagram, sender.address)
    if (!maySend) queue.noticed()
  })
  const bound = socket.address()
  const text = addressText({ protocol: 'udp', host, port: bound.port })
  return {
    udpPort: bound.port,
    status: { address: text, dialect, receiveBufferBytes: granted },
    async close() {
      for (let turn = 0; turn < mostTurns; turn++) {
        const before = received
        await new Promise((resolve) => setImmediate(resolve))
        if (received === before && turn > 0) break
      }
      queue.close()
      await new Promise<void>((resolve) => socket.close(resolve))
    },
  }
}

/** What the kernel grants, which is told when it is less; bytes. */
export function setReceiveBuffer(socket: Socket, wanted: number, complaints: Complaints): number {
  socket.setRecvBufferSize(wanted)
  // Linux doubles what is asked for, to have room for its own bookkeeping (socket(7)).
  const granted = socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1)
  if (granted < wanted) {
    complaints.say(
      `the receive buffer for metrics is ${formatSize(granted)}, not ${formatSize(wanted)}: datagrams may be lost in bursts. ` +
        `Allow it with "sysctl -w net.core.rmem_max=${wanted}", or set statsd.receive_buffer lower`,
      { wanted, granted },
    )
  }
  return granted
}
