/**
 * A process that sends numbered lines for the network bench, and prints how many.
 *
 *   udp PORT PACKETS_PER_SECOND LINES_PER_PACKET SECONDS
 *   tcp PORT LINES CONNECTIONS
 *   http SOCKET LINES_PER_REQUEST CONNECTIONS SECONDS
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import process from 'node:process'

const [protocol, target = '', ...words] = process.argv.slice(2)
const [first = 0, second = 0, third = 0] = words.map(Number)

const line =
  '{"message":"a line of about two hundred bytes, as applications write them","level":"info","logger":"shop.checkout","trace":"4bf92f3577b34da6a3ce929d0e0e4736","duration_ms":12.5,"path":"/shop/items/42"}\n'

async function udp(port: number, rate: number, lines: number, seconds: number): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const packet = Buffer.from(line.repeat(lines))
  const began = performance.now()
  const due = rate * seconds
  let sent = 0
  let confirmed = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const step = () => {
    const wanted = Math.min(due, ((performance.now() - began) / 1000) * rate)
    // What is not out yet is bounded, so that the sender cannot outrun its own socket.
    for (; sent < wanted && sent - confirmed < 1000; sent++) socket.send(packet, onSent)
    if (confirmed >= due || performance.now() - began > seconds * 1500) return resolve()
    setImmediate(step)
  }
  const onSent = () => {
    confirmed += 1
  }
  step()
  await promise
  socket.close()
  return confirmed * lines
}

async function tcp(port: number, lines: number, connections: number): Promise<number> {
  const perWrite = 500
  const block = Buffer.from(line.repeat(perWrite))
  const writes = Math.ceil(lines / perWrite / connections)
  const send = async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    for (let i = 0; i < writes; i++) {
      if (!socket.write(block)) await once(socket, 'drain')
    }
    socket.end()
    await once(socket, 'finish')
  }
  await Promise.all(Array.from({ length: connections }, send))
  return writes * perWrite * connections
}

async function http(
  socketPath: string,
  lines: number,
  connections: number,
  seconds: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const body = Buffer.from(line.repeat(lines))
  const headers = { 'content-type': 'application/x-ndjson', 'content-length': body.length }
  const post = async () => {
    const outgoing = request({ socketPath, path: '/in/bench', method: 'POST', agent, headers })
    outgoing.end(body)
    const [answer] = await once(outgoing, 'response')
    answer.resume()
    await once(answer, 'end')
    if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`)
  }
  const end = performance.now() + seconds * 1000
  let sent = 0
  const loop = async () => {
    while (performance.now() < end) {
      await post()
      sent += lines
    }
  }
  await Promise.all(Array.from({ length: connections }, loop))
  agent.destroy()
  return sent
}

if (protocol === 'udp') console.log(await udp(Number(target), first, second, third))
if (protocol === 'tcp') console.log(await tcp(Number(target), first, second))
if (protocol === 'http') console.log(await http(target, first, second, third))
