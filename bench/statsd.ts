/**
 * StatsD over UDP: the highest packet rate without loss (less than 0.01 %, by what the daemon counts
 * when it flushes), beside other daemons where they are installed; what a flush costs. The sender runs
 * on the same machine.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { createServer, type AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../commands/table.ts'
import { KernelDrops, parseUdpTable } from '../core/listen/kernel_drops.ts'
import { isGiven, option } from './options.ts'
import { launch } from './process.ts'
import { type Daemon, type DaemonKind, daemonKinds, recorded } from './statsd_daemons.ts'

const lossMax = 0.0001
const isShort = isGiven('short')
const seconds = Number(option('seconds') ?? (isShort ? 1.5 : 3))
const rates = [
  1_000, 2_000, 3_000, 5_000, 7_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 80_000,
  100_000, 125_000, 150_000, 175_000, 200_000, 250_000, 300_000, 350_000, 400_000,
]
const shapes = [
  { lines: 1, series: 1000 },
  { lines: 10, series: 1000 },
  { lines: 25, series: 1000 },
  { lines: 1, series: 100_000 },
  { lines: 10, series: 100_000 },
  { lines: 25, series: 100_000 },
]
type Shape = (typeof shapes)[number]
/** Few series are flushed each second, so that counts are there soon; many as often as daemons do by default. */
const flushSeconds = ({ series }: Shape): number => (series > 10_000 ? 10 : 1)

/** Short: 25 lines of Weir alone, and no 100,000 series where a count takes a flush of them. */
const isTried = ({ title }: DaemonKind, { lines, series }: Shape) =>
  !isShort || title === 'Weir' || (lines < 25 && (series === 1000 || !title.startsWith('Etsy')))

/**
 * `--peers none` leaves the others out, `--peers only` Weir; `--seconds` is how long each rate is tried. `--short` is
 * for half the time, fewer shapes of the peers, and a loss is not tried again.
 */
export async function run(): Promise<void> {
  const peers = option('peers')
  const kinds = daemonKinds.filter(
    ({ title }) => (peers !== 'none' || title === 'Weir') && (peers !== 'only' || title !== 'Weir'),
  )
  const rows: string[][] = []
  for (const kind of kinds) {
    if (kind.missing !== undefined) {
      const known = recorded[kind.title]
      console.log(`${kind.title}: ${kind.missing}; recorded elsewhere: ${known}`)
      continue
    }
    for (const shape of shapes) {
      if (!isTried(kind, shape)) continue
      const row = await highest(kind, shape)
      rows.push([kind.title, ...row])
      console.log([kind.title, ...row].join('  '))
    }
  }
  const heads = [
    'daemon',
    'lines',
    'series',
    'packets/s',
    'metrics/s',
    'CPU us/metric',
    'RSS MB',
    '',
  ]
  console.log(`\n${formatTable(heads, rows)}\n`)
  await flushes(kinds)
}

/** The highest rate of a daemon at which nothing is lost, from where it is thought to be: up or down, then between. */
async function highest(kind: DaemonKind, shape: Shape): Promise<string[]> {
  let best: Try | undefined
  let note = ''
  // Places of rates: the highest without loss, and the lowest with one.
  let [low, high] = [-1, rates.length]
  const [ofOne, ofTen] = kind.around
  const about = shape.lines === 1 ? ofOne : (ofTen * 10) / shape.lines
  let place = rates.findLastIndex((rate) => rate <= Math.max(about, rates[0]!))
  for (let stride = 1; high - low > 1; stride *= 2) {
    const rate = rates[place]!
    let tried = await attempt(kind, shape, rate)
    if (tried.lost > lossMax && !isShort) tried = await attempt(kind, shape, rate)
    if (tried.lost > lossMax) {
      high = place
      note = `${(tried.lost * 100).toFixed(2)} % lost at ${thousands(tried.packetRate)} k, ${tried.drops} by the kernel`
    } else {
      low = place
      best = tried
      // The sender gives no more.
      if (tried.packetRate < rate * 0.95) {
        note = 'the sender gives no more'
        break
      }
    }
    if (high === rates.length) place = Math.min(low + stride, high - 1)
    else if (low === -1) place = Math.max(high - stride, 0)
    else place = (low + high) >> 1
  }
  const { lines, series } = shape
  if (!best) return [String(lines), String(series), '-', '-', '-', '-', note]
  return [
    String(lines),
    String(series),
    `${thousands(best.packetRate)} k`,
    `${thousands(best.packetRate * lines)} k`,
    best.cpuPerLineUs.toFixed(2),
    best.rssMB.toFixed(0),
    note,
  ]
}

interface Try {
  /** Share of the lines that did not arrive. */
  readonly lost: number
  readonly packetRate: number
  readonly drops: number
  readonly cpuPerLineUs: number
  readonly rssMB: number
}

/** A daemon of its own, warmed up; then `seconds` of load at a rate. */
async function attempt(kind: DaemonKind, shape: Shape, rate: number): Promise<Try> {
  const { lines, series } = shape
  const flush = flushSeconds(shape)
  return await withDaemon(kind, `${flush}s`, async (daemon, port) => {
    await send(['udp', port, Math.min(rate, 5000), lines, series, 1])
    const before = await settled(daemon)
    const drops = new KernelDrops()
    await drops.since(new Set([port]))
    const { cpuSeconds } = daemon.usage()
    const sent = await send(['udp', port, rate, lines, series, seconds])
    const after = await settled(daemon)
    const usage = daemon.usage()
    return {
      lost: 1 - (after - before) / sent.lines,
      packetRate: sent.packets / sent.took,
      drops: await drops.since(new Set([port])),
      cpuPerLineUs: ((usage.cpuSeconds - cpuSeconds) * 1e6) / sent.lines,
      rssMB: usage.rssMB,
    }
  })
}

/** Timers of one interval over TCP, so that none is lost: what a flush of them takes. */
async function flushes(kinds: readonly DaemonKind[]): Promise<void> {
  const rows: string[][] = []
  for (const kind of kinds) {
    if (kind.missing !== undefined) continue
    for (const values of [10_000, 1_000_000]) {
      const row = await withDaemon(kind, '10s', async (daemon, port) => {
        if (!daemon.flushMs) return undefined
        await send(['tcp', port, values, 1000])
        const beganMs = performance.now()
        // The flush of the interval is the one that takes longest.
        let longest = 0
        while (performance.now() - beganMs < 15_000) {
          longest = Math.max(longest, await daemon.flushMs())
          await sleep(100)
        }
        const gap = daemon.gapMs
          ? `${(await daemon.gapMs()).toFixed(1)} ms`
          : 'as long as the flush'
        return [kind.title, String(values), `${longest.toFixed(0)} ms`, gap]
      })
      if (row) rows.push(row)
    }
  }
  console.log(
    formatTable(['daemon', 'timer values', 'flush takes', 'longest gap in receiving'], rows),
  )
}

async function withDaemon<Result>(
  kind: DaemonKind,
  flush: string,
  use: (daemon: Daemon, port: number) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-statsd-'))
  const port = await freePort()
  const daemon = await kind.start(join(folder, 'daemon'), [port, await freePort()], flush)
  try {
    await listening(port)
    return await use(daemon, port)
  } finally {
    await daemon.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The daemon's count once it has stood still for longer than a flush. */
async function settled(daemon: Daemon): Promise<number> {
  let count = await daemon.lines()
  let sinceMs = performance.now()
  while (performance.now() - sinceMs < daemon.countsAfterMs) {
    await sleep(200)
    const now = await daemon.lines()
    if (now === count) continue
    count = now
    sinceMs = performance.now()
  }
  return count
}

async function send(words: readonly (string | number)[]) {
  const script = join(import.meta.dirname, 'statsd_sender.ts')
  const sender = launch(process.execPath, [script, ...words.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  sender.child.stdout!.on('data', (piece: Buffer) => (text += piece.toString()))
  await once(sender.child, 'close')
  return JSON.parse(text) as { packets: number; lines: number; took: number }
}

/** Resolves once somebody has the UDP port. */
async function listening(port: number): Promise<void> {
  for (let attempts = 0; attempts < 200; attempts++) {
    if ((await udpPorts()).has(port)) return
    await sleep(50)
  }
  throw new Error(`nothing listens on UDP port ${port}`)
}

async function udpPorts(): Promise<ReadonlySet<number>> {
  return new Set(parseUdpTable(await readFile('/proc/net/udp', 'utf8')).map(({ port }) => port))
}

/** A port that is free for both TCP and UDP. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const socket = createSocket('udp4')
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false))
      socket.bind(port, '127.0.0.1', () => resolve(true))
    })
    socket.close()
    if (isFree) return port
  }
}

const thousands = (rate: number) => (rate / 1000).toFixed(rate < 10_000 ? 1 : 0)
