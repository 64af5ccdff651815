import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../commands/table.ts'
import { helper, metric, ready, socketOf, startWeir } from './process.ts'

const udpRates = [10_000, 20_000, 40_000, 60_000, 80_000, 120_000, 160_000, 240_000]
const udpSeconds = 2
const tcpLines = 1_000_000
const httpSeconds = 5
/** More than this share lost ends the ramp. */
const lossMax = 0.001

/** Lines of 200 bytes, JSON, each durable in the journal; the sender is on the same machine. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-network-'))
  const [udp, tcp] = [await freeUdpPort(), await freeTcpPort()]
  const inputs = [
    { type: 'udp', listen: [`127.0.0.1:${udp}`], parser: 'json', tag: 'bench' },
    { type: 'tcp', listen: [`127.0.0.1:${tcp}`], parser: 'json', tag: 'bench' },
    { type: 'http' },
  ]
  const weir = startWeir(folder, { collector: { inputs, outputs: [{ type: 'null' }] } })
  const rows: string[][] = []
  try {
    await ready(weir, folder)
    for (const lines of [1, 10]) {
      const best = await rampUdp(folder, udp, lines)
      const name = `UDP, ${lines} line${lines > 1 ? 's' : ''} a packet`
      rows.push([name, thousands(best.rate), best.note])
    }
    for (const connections of [1, 16]) {
      const { lines, seconds } = await measure(folder, ['tcp', tcp, tcpLines, connections])
      rows.push([`TCP, ${connections} connections`, thousands(lines / seconds), 'nothing lost'])
    }
    for (const [lines, connections] of [
      [1, 64],
      [100, 8],
      [5000, 4],
    ] as const) {
      const words = ['http', socketOf(folder), lines, connections, httpSeconds]
      const { lines: sent, seconds } = await measure(folder, words)
      const name = `HTTP, ${lines} line${lines > 1 ? 's' : ''} a request, ${connections} connections`
      rows.push([name, thousands(sent / seconds), 'nothing lost'])
    }
    const { cpuSeconds, peakRssMB } = weir.usage()
    console.log(formatTable(['input', 'klines/s', ''], rows))
    console.log(`\nCPU ${cpuSeconds.toFixed(1)} s, peak RSS ${peakRssMB.toFixed(0)} MB`)
  } finally {
    await weir.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The highest rate of the ramp without loss. */
async function rampUdp(folder: string, port: number, lines: number) {
  let best = { rate: 0, note: 'loses at the lowest rate' }
  for (const rate of udpRates) {
    const packets = Math.round(rate / Math.sqrt(lines))
    const { lines: sent, got } = await measure(folder, ['udp', port, packets, lines, udpSeconds])
    const lost = (sent - got) / sent
    if (lost > lossMax) {
      return {
        ...best,
        note: `loses ${(lost * 100).toFixed(1)} % at ${thousands(packets * lines)} k`,
      }
    }
    const reached = sent / udpSeconds
    best = { rate: reached, note: 'nothing lost' }
    if (reached < packets * lines * 0.95)
      return { ...best, note: 'nothing lost; the sender gives no more' }
  }
  return best
}

/** Runs a sender; resolves once everything it sent is durable, or nothing more comes. */
async function measure(folder: string, words: readonly (string | number)[]) {
  const before = await metric(folder, 'weir_journal_events_total')
  const began = performance.now()
  const sender = await helper('sender.ts', words.map(String))
  const lines = Number(sender.line)
  let got = 0
  for (let quiet = 0; quiet < 10 && got < lines;) {
    const now = (await metric(folder, 'weir_journal_events_total')) - before
    quiet = now === got ? quiet + 1 : 0
    got = now
    if (got < lines) await sleep(50)
  }
  const seconds = (performance.now() - began) / 1000
  if (words[0] !== 'udp' && got !== lines) throw new Error(`${got} of ${lines} lines came`)
  return { lines, got, seconds }
}

const thousands = (count: number) => (count / 1000).toFixed(count < 10_000 ? 1 : 0)

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
