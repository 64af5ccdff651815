import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { formatTable } from '../commands/table.ts'
import { systemClock } from '../core/clock.ts'
import { systemFiles } from '../core/files.ts'
import { Journal } from '../core/journal/journal.ts'
import { PartitionWriter } from '../core/journal/writer.ts'
import { createMetrics, Registry } from '../core/metrics.ts'
import { processStarter } from '../store/embedded/child_handle.ts'
import { embeddedConfig } from '../store/embedded/config.ts'
import { EmbeddedEngine } from '../store/embedded/engine.ts'
import type { JsonRecord } from '../store/search.ts'
import { option } from './options.ts'
import { usageOf } from './process.ts'
import { eventsAt, stream } from './store_events.ts'
import { askedOfPeer } from './store_peer.ts'
import { type BenchQuestion, questionsOf } from './store_questions.ts'

const batchEvents = 10_000
/** So many go into the journal before the engine takes them: what waits has to fit there. */
const roundEvents = 5_000_000
/** More than this take a real server too long to take in. */
const peerEventsMax = 5_000_000

/**
 * Journal to searchable segments: events a second, bytes an event, memory; how long questions take, cold (a process
 * that has just started) and warm, and while 20,000 events a second arrive; append to found.
 */
export async function run(): Promise<void> {
  const sizes = (option('events') ?? '5000000').split(',').map(Number)
  const kept = option('folder')
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'weir-bench-store-'))
  mkdirSync(folder, { recursive: true })
  const warm: Map<string, string>[] = []
  try {
    for (const events of sizes) {
      await intake(folder, events)
      warm.push(await asked(folder, events))
    }
    if (sizes.length > 1) grown(sizes, warm)
    await found(folder, sizes.at(-1)!)
  } finally {
    if (kept === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** Warm, by how much there is. */
function grown(sizes: readonly number[], warm: readonly Map<string, string>[]): void {
  const rows = [...warm[0]!.keys()].map((name) => [name, ...warm.map((each) => each.get(name)!)])
  console.log(formatTable(['MS WARM, BY EVENTS', ...sizes.map(String)], rows))
  console.log('')
}

interface Store {
  readonly writer: PartitionWriter
  readonly engine: EmbeddedEngine
  /** The answer to the body of a search. */
  ask(body: JsonRecord): Promise<JsonRecord>
  close(): Promise<void>
}

async function open(folder: string): Promise<Store> {
  const log = pino({ level: 'warn' })
  const metrics = createMetrics(new Registry())
  const world = { files: systemFiles, clock: systemClock, log, metrics, count: () => undefined }
  const journalOptions = {
    maxDisk: 20e9,
    whenFull: 'block' as const,
    segmentBytes: 64e6,
    groupBytes: 16e6,
  }
  const journal = await Journal.open({ dataFolder: folder, ...journalOptions }, world)
  const feed = journal.feed('store', {})
  const writer = new PartitionWriter(await journal.seed('bench-0', journal.positions()), {
    ...world,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    space: journal.space,
    onDurable: (mark) => journal.mark('bench-0', mark),
    onTrouble: (trouble) => journal.trouble('bench-0', trouble),
    onDropped: () => undefined,
  })
  await writer.open()
  // The events are of one time for ever: retention leaves them, whenever the bench runs.
  const options = embeddedConfig.parse({
    retention: { age: '3650d', size: '1TB' },
    query_timeout: '120s',
    seal_after: '10h',
    seal_size: '512MB',
  })
  const entry = fileURLToPath(new URL('../store/embedded/child_main.ts', import.meta.url))
  const context = { ...world, id: 'store', random: Math.random, dataFolder: folder }
  // As bin/weir has it: where a cache of compiled code is kept.
  const compiled = join(folder, 'compiled')
  const startChild = processStarter(entry, { NODE_COMPILE_CACHE: compiled, ...process.env })
  const engine = new EmbeddedEngine(options, {
    context,
    feed,
    routes: { outputs: [{ match: '**', final: false, isStore: true }], points: false },
    startChild,
  })
  return {
    writer,
    engine,
    ask: (body) =>
      engine.search(stream, { ...body, profile: true }, {}, AbortSignal.timeout(120_000)),
    async close() {
      await engine.stop(AbortSignal.timeout(120_000))
      await journal.releaseFeed(feed)
      await writer.close(AbortSignal.timeout(10_000))
    },
  }
}

async function intake(folder: string, events: number): Promise<void> {
  const rows: string[][] = []
  const before = await open(folder)
  await before.engine.start()
  let at = (await before.engine.statistics())['documents'] as number
  // What a Weir of before left, this one would merge beside the questions.
  await before.engine.compact()
  await before.close()
  while (at < events) {
    const end = Math.min(events, at + roundEvents)
    rows.push(await taken(folder, at, end))
    at = end
  }
  if (rows.length === 0) return
  const header = [
    'EVENTS',
    'EVENTS/S',
    'CPU µS/EVENT',
    'BYTES/EVENT',
    'PEAK RSS MB',
    'MERGED IN',
    'SEGMENTS',
  ]
  console.log(formatTable(header, rows))
  console.log('\naim: 500,000 events/s, at least 200,000; 60 bytes; below 900 MB\n')
}

/** Events `from` to `to` into the journal, and from there into segments, which alone is measured. */
async function taken(folder: string, from: number, to: number): Promise<string[]> {
  const store = await open(folder)
  for (let at = from; at < to; at += batchEvents) {
    await store.writer.append([eventsAt(at, Math.min(batchEvents, to - at))])
  }
  await store.engine.start()
  const began = performance.now()
  await store.engine.refresh()
  const seconds = (performance.now() - began) / 1000
  const pid = store.engine.state.pid!
  const { cpuSeconds } = usageOf(pid)
  const mergeBegan = performance.now()
  await store.engine.compact()
  const mergeSeconds = (performance.now() - mergeBegan) / 1000
  const { peakRssMB } = usageOf(pid)
  const { bytes, documents, segments } = (await store.engine.statistics()) as Record<string, number>
  await store.close()
  return [
    String(to),
    ((to - from) / seconds).toFixed(0),
    ((cpuSeconds / (to - from)) * 1e6).toFixed(1),
    (bytes! / documents!).toFixed(1),
    peakRssMB.toFixed(0),
    `${mergeSeconds.toFixed(1)} s`,
    String(segments),
  ]
}

/** @returns milliseconds warm, by question. */
async function asked(folder: string, events: number): Promise<Map<string, string>> {
  const questions = questionsOf(events)
  const isPeerAsked = option('peers') !== 'none' && events <= peerEventsMax
  const peer = isPeerAsked ? await askedOfPeer(events, questions) : undefined
  const rows: string[][] = []
  const cold: string[] = []
  for (const question of questions) {
    const store = await open(folder)
    await store.engine.start()
    await store.engine.streams()
    cold.push((await timed(store, question, 1)).ms)
    await store.close()
  }
  const began = performance.now()
  const store = await open(folder)
  await store.engine.start()
  await timed(store, questions[0]!, 1)
  const startMs = performance.now() - began
  const warm: { ms: string; rows: string; read: string }[] = []
  for (const question of questions) {
    await timed(store, question, 1)
    warm.push(await timed(store, question, 5))
  }
  const arriving = new AbortController()
  const arrival = arrive(store, events, arriving.signal)
  for (const [n, question] of questions.entries()) {
    const { ms } = await timed(store, question, 5)
    const { rows: count, read, ms: warmMs } = warm[n]!
    const peerMs = peer?.ms.get(question.name)?.toFixed(0) ?? '-'
    rows.push([question.name, question.aim, cold[n]!, warmMs, ms, peerMs, count, read])
  }
  arriving.abort()
  await arrival
  const { peakRssMB } = usageOf(store.engine.state.pid!)
  await store.close()
  const header = [
    'QUESTION',
    'AIM MS',
    'COLD',
    'WARM',
    'WHILE 20,000/S ARRIVE',
    peer?.title.toUpperCase() ?? 'PEER',
    'ROWS',
    'SEGMENTS READ',
  ]
  console.log(formatTable(header, rows))
  console.log(`\nstart to the first answer: ${startMs.toFixed(0)} ms (aim: 1000)`)
  console.log(`peak RSS of the engine while asked: ${peakRssMB.toFixed(0)} MB (aim: 900)`)
  if (peer) {
    const { title, eventsPerSecond, bytesPerEvent, rssMB } = peer
    console.log(
      `${title}: ${eventsPerSecond.toFixed(0)} events/s, ${bytesPerEvent.toFixed(1)} bytes an event, RSS ${rssMB.toFixed(0)} MB`,
    )
  }
  console.log('')
  return new Map(questions.map(({ name }, n) => [name, warm[n]!.ms]))
}

/** The median of so many runs. */
async function timed(store: Store, { body }: BenchQuestion, runs: number) {
  const times: number[] = []
  let answer: JsonRecord = {}
  for (let n = 0; n < runs; n++) {
    const began = performance.now()
    answer = await store.ask(body)
    times.push(performance.now() - began)
  }
  const ms = times.toSorted((a, b) => a - b)[Math.floor(runs / 2)]!.toFixed(0)
  const { hits, profile } = answer as unknown as {
    hits: { total?: { value: number }; hits: readonly unknown[] }
    profile: { weir: { segments: number } }
  }
  const found = hits.total?.value ?? hits.hits.length
  return { ms, rows: String(found), read: String(profile.weir.segments) }
}

/** 20,000 events a second behind those that are there, until `signal` fires. */
async function arrive(store: Store, events: number, signal: AbortSignal): Promise<void> {
  for (let at = events; !signal.aborted; at += 2_000) {
    await store.writer.append([eventsAt(at, 2_000)])
    await sleep(100)
  }
}

/** From the call of append until a question finds the event. */
async function found(folder: string, events: number): Promise<void> {
  const store = await open(folder)
  await store.engine.start()
  const times: number[] = []
  const far = events * 2 + 100_000_000
  for (let n = 0; n < 50; n++) {
    const time = new Date(Date.UTC(2027, 0, 1) + n * 1000).toISOString()
    const bytes = Buffer.from(`{"@timestamp":"${time}","message":"found${n}x${far}"}\n`)
    const began = performance.now()
    await store.writer.append([{ stream, tag: 'found', bytes, count: 1 }])
    const body = { size: 0, query: { match: { message: `found${n}x${far}` } } }
    while ((await timed(store, { name: '', aim: '', body }, 1)).rows === '0') await sleep(5)
    times.push(performance.now() - began)
  }
  await store.close()
  times.sort((a, b) => a - b)
  const at = (part: number) => times[Math.floor(times.length * part)]!.toFixed(0)
  console.log(`append to found: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (aim: 1000)`)
}
