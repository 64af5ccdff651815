/**
 * A process that sends envelopes for the bench, each connection one after the other, and prints what came of it.
 *
 *   PORT PATH KEY SIZE ISSUES UNIQUE CONNECTIONS SECONDS EVENTS
 *
 * It ends after so many seconds, or events where EVENTS is not 0. It speaks HTTP by itself, so that it takes little
 * of the machine that is measured.
 */
import { connect, type Socket } from 'node:net'
import process from 'node:process'
import { Envelopes, type EventSize } from './errors_events.ts'

const [port, path, key, size, issues, unique, connections, seconds, events] = process.argv.slice(2)
const envelopes = new Envelopes({
  size: size as EventSize,
  issues: Number(issues),
  unique: Number(unique),
})
const most = Number(events) || Infinity
const statuses: Record<string, number> = {}
const latencies: number[] = []
let sent = 0
let bytes = 0

const head = (length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/x-sentry-envelope\r\nContent-Encoding: gzip\r\nUser-Agent: sentry.python/2.75.0\r\nX-Sentry-Auth: Sentry sentry_key=${key}, sentry_version=7, sentry_client=sentry.python/2.75.0\r\nContent-Length: ${length}\r\n\r\n`

/** Resolves to the status of the answer to what was written. */
function answerTo(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let text = ''
  const onData = (part: Buffer) => {
    text += part.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return
    const heads = text.slice(0, end)
    const length = /content-length: *(\d+)/i.exec(heads)?.[1]
    const isWhole =
      length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= end + 4 + Number(length)
    if (!isWhole) return
    if (/^connection: *close/im.test(heads)) socket.destroy()
    done(heads.slice(9, 12))
  }
  const onEnd = () => done('closed')
  const done = (status: string) => {
    socket.off('data', onData).off('close', onEnd)
    resolve(status)
  }
  socket.on('data', onData).on('close', onEnd)
  return promise
}

async function send(endMs: number): Promise<void> {
  let socket: Socket | undefined
  while (performance.now() < endMs && sent < most) {
    if (!socket || socket.destroyed) {
      socket = connect(Number(port), '127.0.0.1').on('error', () => {})
      socket.setNoDelay(true)
    }
    sent += 1
    const body = envelopes.next(performance.timeOrigin + performance.now())
    const began = performance.now()
    socket.cork()
    socket.write(head(body.length))
    socket.write(body)
    socket.uncork()
    const status = await answerTo(socket)
    latencies.push(performance.now() - began)
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status === '200') bytes += body.length
  }
  socket?.destroy()
}

const began = performance.now()
const end = began + Number(seconds) * 1000
await Promise.all(Array.from({ length: Number(connections) }, () => send(end)))
const took = (performance.now() - began) / 1000
latencies.sort((a, b) => a - b)
const quantile = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
console.log(
  JSON.stringify({ sent, bytes, took, statuses, p50: quantile(0.5), p99: quantile(0.99) }),
)
