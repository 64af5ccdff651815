import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Repeater, type RepeaterConfig } from '../../../statsd/backends/repeater/repeater.ts'
import type { ReceiverNotice } from '../../../statsd/receive/protocol.ts'
import { testContext } from '../../collector/outputs/chunks.ts'
import { freePort } from '../../peers/process.ts'
import { eventually } from '../../eventually.ts'

const repeaters: Repeater[] = []
afterEach(async () => {
  for (const repeater of repeaters.splice(0)) await repeater.stop()
})

/** A repeater and what hands it packets. */
async function repeating(config: Omit<RepeaterConfig, 'max_pending'> & { max_pending?: number }) {
  let hear: ((notice: ReceiverNotice) => void) | undefined
  const { context, counts } = testContext()
  const source = {
    watch: (_what: 'packets', onNotice: (notice: ReceiverNotice) => void) => {
      hear = onNotice
      return () => (hear = undefined)
    },
  }
  const repeater = new Repeater({ max_pending: 1e6, ...config }, context, source)
  await repeater.start()
  repeaters.push(repeater)
  const send = (...packets: string[]) => {
    const bytes = Buffer.from(packets.join(''))
    let end = 0
    const ends = Uint32Array.from(packets, (packet) => (end += packet.length))
    hear!({ notice: 'packets', bytes, ends })
  }
  return { repeater, send, counts, isHearing: () => hear !== undefined }
}

const status = (repeater: Repeater) =>
  repeater.status() as { targets: { connected?: boolean }[]; packets: number; dropped: number }

test('each packet goes to every host over UDP as it is', async () => {
  const sockets = [createSocket('udp4'), createSocket('udp4')]
  const got: string[] = []
  for (const [i, socket] of sockets.entries()) {
    socket.on('message', (message) => got.push(`${i} ${message.toString()}`))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  }
  const hosts = sockets.map((socket) => ({ host: '127.0.0.1', port: socket.address().port }))
  const { send } = await repeating({ hosts, protocol: 'udp4' })
  await eventually(() => {
    send('a:1|c\nb:2|c', 'c:3|c')
    expect(got.length).toBeGreaterThanOrEqual(4)
  })
  expect(new Set(got)).toEqual(new Set(['0 a:1|c\nb:2|c', '0 c:3|c', '1 a:1|c\nb:2|c', '1 c:3|c']))
  for (const socket of sockets) socket.close()
})

test('over TCP each with a line end, and again after a break', async () => {
  const connections: Socket[] = []
  let text = ''
  const server = createServer((socket) => {
    connections.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data) => (text += data.toString()))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const hosts = [{ host: '127.0.0.1', port }]
  const { repeater, send } = await repeating({ hosts, protocol: 'tcp' })
  await eventually(() => expect(status(repeater).targets[0]!.connected).toBe(true))
  send('a:1|c', 'b:2|c\nc:3|c')
  await eventually(() => expect(text).toBe('a:1|c\nb:2|c\nc:3|c\n'))
  connections[0]!.destroy()
  await eventually(() => expect(connections).toHaveLength(2))
  await eventually(() => {
    send('d:4|c')
    expect(text).toContain('d:4|c\n')
  })
  server.close()
  for (const connection of connections) connection.destroy()
})

test('what a target does not take is dropped and counted', async () => {
  const hosts = [{ host: '127.0.0.1', port: await freePort() }]
  const { repeater, send, counts, isHearing } = await repeating({ hosts, protocol: 'tcp' })
  send('a:1|c', 'b:1|c')
  expect(status(repeater)).toMatchObject({ packets: 2, dropped: 2 })
  expect(counts.get('repeater_overflow')).toBe(2)
  await repeater.stop()
  await repeater.stop()
  expect(isHearing()).toBe(false)
})
