/**
 * A process that sends StatsD packets for the bench, and prints how many lines it sent.
 *
 *   udp PORT PACKETS_PER_SECOND LINES_PER_PACKET SERIES SECONDS
 *   tcp PORT LINES SERIES          timers only, as fast as they are taken
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import process from 'node:process'

const [protocol, port = '0', ...words] = process.argv.slice(2)
const numbers = words.map(Number)

/** 60 % counters, 25 % timers, 15 % gauges, as limits of peers were measured with. */
function line(series: number): string {
  const name = `app.web${series % 40}.endpoint.r${series}`
  const kind = series % 20
  if (kind < 12) return `${name}:${1 + (series % 9)}|c`
  if (kind < 17) return `${name}:${(series % 997) / 2}|ms`
  return `${name}:${series % 1000}|g`
}

/** Packets over all series, each with names from all over. */
function packetsOf(lines: number, series: number): Buffer[] {
  const step = 7919
  let next = 0
  return Array.from({ length: Math.ceil(Math.max(series, 1000) / lines) }, () =>
    Buffer.from(
      Array.from({ length: lines }, () => line((next = (next + step) % series))).join('\n'),
    ),
  )
}

async function udp(rate: number, lines: number, series: number, seconds: number): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const packets = packetsOf(lines, series)
  const due = Math.round(rate * seconds)
  let sent = 0
  let failed = 0
  const began = performance.now()
  const { promise, resolve } = Promise.withResolvers<void>()
  const onSent = (failure: Error | null) => {
    if (failure) failed += 1
  }
  const step = () => {
    const elapsed = performance.now() - began
    const wanted = Math.min(due, (elapsed / 1000) * rate, sent + 200)
    for (; sent < wanted; sent++) socket.send(packets[sent % packets.length]!, onSent)
    if (sent >= due || elapsed > seconds * 1500) return resolve()
    setImmediate(step)
  }
  step()
  await promise
  const took = (performance.now() - began) / 1000
  await new Promise((done) => setTimeout(done, 100))
  socket.close()
  console.log(JSON.stringify({ packets: sent - failed, lines: (sent - failed) * lines, took }))
  return sent
}

async function tcp(lines: number, series: number): Promise<void> {
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const perBlock = 1000
  for (let sent = 0; sent < lines; sent += perBlock) {
    const block = Array.from({ length: Math.min(perBlock, lines - sent) }, (_, at) => {
      const index = sent + at
      return `app.timer${index % series}:${((index * 7919) % 100_000) / 100}|ms\n`
    })
    if (!socket.write(block.join(''))) await once(socket, 'drain')
  }
  socket.end()
  await once(socket, 'close')
  console.log(JSON.stringify({ packets: 0, lines, took: 0 }))
}

const [first = 0, second = 0, third = 0, fourth = 0] = numbers
if (protocol === 'udp') await udp(first, second, third, fourth)
if (protocol === 'tcp') await tcp(first, second)
