/**
 * Error reports: gzip envelopes of SDKs' size at several numbers of connections, accepted and fully digested a
 * second, beside Bugsink where it is installed. The sender is a process of its own on the same machine. Questions
 * over many issues and events, and how all of it grows.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../commands/table.ts'
import type { EventSize } from './errors_events.ts'
import {
  bugsinkMissing,
  type ErrorServer,
  key,
  startBugsink,
  startWeirForErrors,
} from './errors_servers.ts'
import { grown, growthHeads } from './errors_growth.ts'
import { option } from './options.ts'
import { launch } from './process.ts'

const seconds = Number(option('seconds') ?? 8)
const sizes = (option('sets') ?? '20kb,50kb').split(',') as EventSize[]
const connectionCounts = (option('connections') ?? '1,8,64').split(',').map(Number)
const issues = 1000
const uniqueShare = 0.01
/** Longest that a drain is waited for. */
const drainMs = 120_000

/**
 * `--peers none` leaves Bugsink out, `--peers only` Weir; `--seconds`: of load; `--sets`: of sizes; `--growth none`
 * leaves out how it grows with `--events`, `only` the rest; `--folder`: where what was filled stays for the next
 * time; `--profile FOLDER`: V8 CPU profiles.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-errors-'))
  try {
    if (option('growth') !== 'only') await rates(folder)
    if (option('growth') !== 'none' && option('peers') !== 'only') await growth(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function rates(folder: string): Promise<void> {
  const peers = option('peers')
  const rows: string[][] = []
  for (const size of sizes) {
    for (const connections of connectionCounts) {
      const start = () => startWeirForErrors(join(folder, 'weir'), { profile: option('profile') })
      if (peers !== 'only') rows.push(await measured(start, size, connections))
      if (peers === 'none') continue
      const missing = bugsinkMissing()
      if (missing !== undefined) {
        if (rows.length < 2) console.log(`Bugsink: ${missing}`)
        continue
      }
      const bugsink = () => startBugsink(join(folder, 'bugsink'))
      rows.push(await measured(bugsink, size, connections))
    }
  }
  const heads = [
    'server',
    'event',
    'connections',
    'accepted/s',
    'digested/s',
    'p50 ms',
    'p99 ms',
    'bytes/event',
    'CPU ms/event',
    'RSS MB',
    'without children',
    '',
  ]
  console.log(`\n${formatTable(heads, rows)}`)
}

/** A folder for each number of events: the load that is measured adds to it. */
async function growth(folder: string): Promise<void> {
  const kept = option('folder')
  const counts = (option('events') ?? '10000,100000,1000000').split(',').map(Number)
  const rows: string[][] = []
  for (const events of counts) {
    const own = join(kept ?? folder, `errors-${events}`)
    rows.push(await grown(own, events, loaded))
    console.log(rows.at(-1)!.join('  '))
    if (kept === undefined) rmSync(own, { recursive: true, force: true })
  }
  console.log(`\n${formatTable([...growthHeads], rows)}`)
}

/** What 8 connections bring of events of 20 KB, until all of it is digested. */
async function loaded(server: ErrorServer) {
  const warm = await send(server, '20kb', 8, 5, server.warmEvents)
  const before = await drained(server, warm.statuses['200'] ?? 0)
  const { cpuSeconds } = server.usage()
  const began = performance.now()
  const sent = await send(server, '20kb', 8, seconds, 0)
  const events = (await drained(server, before + (sent.statuses['200'] ?? 0))) - before
  const took = (performance.now() - began) / 1000
  const used = server.usage()
  const cpuMs = ((used.cpuSeconds - cpuSeconds) * 1000) / events
  return { perSecond: events / took, cpuMs, rssMB: used.rssMB }
}

interface Sent {
  readonly sent: number
  readonly bytes: number
  readonly took: number
  readonly statuses: Readonly<Record<string, number>>
  readonly p50: number
  readonly p99: number
}

/** A server of its own, warmed up; then load, and the wait until all of it is digested. */
async function measured(
  start: () => Promise<ErrorServer>,
  size: EventSize,
  connections: number,
): Promise<string[]> {
  const server = await start()
  try {
    const warm = await send(server, size, 8, 5, server.warmEvents)
    const before = await drained(server, warm.statuses['200'] ?? 0)
    const { cpuSeconds } = server.usage()
    const bytes = server.bytes()
    let rssMB = 0
    let ownMB = 0
    const watch = setInterval(() => {
      const now = server.usage()
      rssMB = Math.max(rssMB, now.rssMB)
      ownMB = Math.max(ownMB, now.rssMB - now.childrenMB)
    }, 250)
    const began = performance.now()
    const sent = await send(server, size, connections, seconds, 0)
    const accepted = sent.statuses['200'] ?? 0
    const digested = await drained(server, before + accepted)
    const took = (performance.now() - began) / 1000
    clearInterval(watch)
    const used = server.usage().cpuSeconds - cpuSeconds
    const others = Object.entries(sent.statuses).filter(([status]) => status !== '200')
    const lost = before + accepted - digested
    const row = [
      server.title,
      size,
      String(connections),
      (accepted / sent.took).toFixed(0),
      ((digested - before) / took).toFixed(0),
      sent.p50.toFixed(1),
      sent.p99.toFixed(1),
      ((server.bytes() - bytes) / accepted).toFixed(0),
      ((used * 1000) / accepted).toFixed(2),
      rssMB.toFixed(0),
      ownMB.toFixed(0),
      [
        ...others.map(([status, count]) => `${count} x ${status}`),
        lost ? `${lost} not digested` : '',
      ]
        .filter(Boolean)
        .join(', '),
    ]
    console.log(row.join('  '))
    return row
  } finally {
    await server.stop()
  }
}

async function send(
  server: ErrorServer,
  size: EventSize,
  connections: number,
  during: number,
  events: number,
): Promise<Sent> {
  const words = [
    server.port,
    server.path,
    key,
    size,
    issues,
    uniqueShare,
    connections,
    during,
    events,
  ]
  const script = join(import.meta.dirname, 'errors_sender.ts')
  const sender = launch(process.execPath, [script, ...words.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  sender.child.stdout!.on('data', (piece: Buffer) => (text += piece.toString()))
  await once(sender.child, 'close')
  return JSON.parse(text) as Sent
}

/** The count of digested events once it is `due`, or stands still for long. */
async function drained(server: ErrorServer, due: number): Promise<number> {
  let count = await server.digested()
  const end = performance.now() + drainMs
  while (count < due && performance.now() < end) {
    await sleep(50)
    count = await server.digested()
  }
  return count
}
