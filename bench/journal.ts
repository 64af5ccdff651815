import { mkdtempSync, rmSync, statfsSync, truncateSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { formatTable } from '../commands/table.ts'
import { systemClock } from '../core/clock.ts'
import { systemFiles } from '../core/files.ts'
import type { Batch } from '../core/journal/batch.ts'
import { Journal } from '../core/journal/journal.ts'
import { PartitionWriter } from '../core/journal/writer.ts'
import { createMetrics, Registry } from '../core/metrics.ts'

/** Append and read MB/s, time from append to durable, and how long a start takes with 10 GB of journal. */
export async function run(): Promise<void> {
  const rows: string[][] = []
  for (const [batchBytes, appenders] of [
    [64_000, 1],
    [64_000, 64],
    [1_000_000, 1],
    [1_000_000, 64],
    [4_000_000, 4],
  ] as const) {
    rows.push(await inFolder((folder) => appendAndRead(folder, batchBytes, appenders)))
  }
  const header = ['BATCH', 'APPENDERS', 'APPEND MB/S', 'P50 MS', 'P99 MS', 'READ MB/S']
  console.log(formatTable(header, rows))
  console.log(
    '\naim: p99 under 20 ms. Appends are durable (fdatasync); read from the page cache.\n',
  )
  console.log(
    formatTable(['JOURNAL', 'SEGMENTS', 'START AFTER A CRASH'], [await inFolder(recovery)]),
  )
  console.log('\naim: under 1 s for 10 GB.')
}

const runMs = 4000
const lineBytes = 400

async function appendAndRead(folder: string, batchBytes: number, appenders: number) {
  const journal = await open(folder)
  const writer = await write(journal)
  const batch = batchOf(batchBytes)
  const tookMs: number[] = []
  const began = performance.now()
  const append = async () => {
    while (performance.now() - began < runMs && tookMs.length * batchBytes < 8e9) {
      const start = performance.now()
      await writer.append([batch])
      tookMs.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: appenders }, append))
  const appendSeconds = (performance.now() - began) / 1000
  await writer.close(AbortSignal.timeout(10_000))
  const bytes = tookMs.length * batchBytes

  const reader = await journal.reader({ id: 'bench', wants: () => true, maxLag: undefined })
  const readBegan = performance.now()
  let read = 0
  while (read < tookMs.length * batch.bytes.length) {
    const next = await reader.read({ bytes: 4_000_000, ageMs: 0 }, AbortSignal.timeout(60_000))
    if (!next) throw new Error('the journal ended early')
    read += next.chunk.bytes.length
    next.done()
  }
  const readSeconds = (performance.now() - readBegan) / 1000
  await journal.release(reader)
  tookMs.sort((a, b) => a - b)
  const at = (part: number) => tookMs[Math.floor(tookMs.length * part)]!.toFixed(1)
  return [
    `${batchBytes / 1000} kB`,
    String(appenders),
    (bytes / 1e6 / appendSeconds).toFixed(0),
    at(0.5),
    at(0.99),
    (read / 1e6 / readSeconds).toFixed(0),
  ]
}

/** Real files, the last of them torn; 2 GB where 10 GB do not fit. */
async function recovery(folder: string): Promise<string[]> {
  const { bavail, bsize } = statfsSync(folder)
  const wanted = bavail * bsize > 15e9 ? 10e9 : 2e9
  const writer = await write(await open(folder))
  const batch = batchOf(4_000_000)
  for (let bytes = 0; bytes < wanted; bytes += batch.bytes.length) await writer.append([batch])
  await writer.append([batchOf(500_000)])
  await writer.close(AbortSignal.timeout(10_000))
  const partition = join(folder, 'journal/collector-0')
  const names = (await readdir(partition)).toSorted()
  const last = join(
    partition,
    names.findLast((name) => name.endsWith('.ndjson'))!,
  )
  truncateSync(last, (await systemFiles.size(last))! - 1)

  const began = performance.now()
  const journal = await open(folder)
  const next = await write(journal)
  const ms = performance.now() - began
  await next.close(AbortSignal.timeout(1000))
  return [`${wanted / 1e9} GB`, String(names.length / 2), `${ms.toFixed(0)} ms`]
}

function batchOf(bytes: number): Batch {
  const line = `{"@timestamp":"2026-11-21T10:17:37.123Z","message":"${'x'.repeat(lineBytes - 55)}"}\n`
  const count = Math.floor(bytes / line.length)
  const text = line.repeat(count)
  return { stream: 'logs-bench-default', tag: 'bench', bytes: Buffer.from(text), count }
}

async function open(dataFolder: string): Promise<Journal> {
  const options = {
    dataFolder,
    maxDisk: 20e9,
    whenFull: 'block' as const,
    segmentBytes: 64e6,
    groupBytes: 8e6,
  }
  return await Journal.open(options, {
    files: systemFiles,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    metrics: createMetrics(new Registry()),
    count: () => undefined,
  })
}

async function write(journal: Journal): Promise<PartitionWriter> {
  const writer = new PartitionWriter(await journal.seed('collector-0', journal.positions()), {
    files: systemFiles,
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    space: journal.space,
    onDurable: (mark) => journal.mark('collector-0', mark),
    onTrouble: (trouble) => journal.trouble('collector-0', trouble),
    onDropped: () => undefined,
  })
  await writer.open()
  return writer
}

async function inFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-journal-'))
  try {
    return await action(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
