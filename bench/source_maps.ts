/**
 * Source maps: what the first frame of a large map costs, what a stack costs once the map is read, and what the map
 * takes of memory; beside trace-mapping on the same map. Seconds are those of the thread's CPU.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import { originalPositionFor, sourceContentFor, TraceMap } from '@jridgewell/trace-mapping'
import { formatTable } from '../commands/table.ts'
import { migrate } from '../errors/database/schema.ts'
import type { Frame, SentryEvent } from '../errors/event/sentry_event.ts'
import { sourceMapsConfig } from '../errors/symbolicate/config.ts'
import { Symbolicator } from '../errors/symbolicate/symbolicator.ts'
import { minified, type Minified } from './minified_script.ts'

const url = 'https://shop.example.com/static/app.js'
const frames = 30
const warmRuns = 2_000

/** About ten seconds. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-maps-'))
  try {
    const rows: string[][] = []
    for (const megabytes of [1, 5, 20]) {
      const made = minified(megabytes * 1e6)
      rows.push(await ours(folder, made), theirs(made))
    }
    const head = ['map', 'with', 'first stack ms', 'next ms', 'memory MB']
    console.log(formatTable(head, rows))
    console.log(`a stack has ${frames} frames, names of functions and context lines (Weir)`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function ours(folder: string, made: Minified): Promise<string[]> {
  const database = new DatabaseSync(':memory:')
  migrate(database, ':memory:')
  const debugId = '1'.repeat(32)
  const insert = database.prepare(
    `insert into artifacts (project, upload, debug_id, type, release, dist, url, blob, size, uploaded_ms)
     values (1, 1, ?, ?, '', '', ?, ?, ?, 0)`,
  )
  for (const [type, text] of [
    ['source_map', made.map],
    ['minified_source', made.script],
  ] as const) {
    const blob = createHash('sha256').update(text).digest('hex')
    writeFileSync(join(folder, blob), text)
    insert.run(debugId, type, '~/static/app.js', blob, Buffer.byteLength(text))
  }
  const world = {
    database: () => database,
    blobs: { path: (name: string) => join(folder, name) },
    limits: sourceMapsConfig.parse({}),
  }
  const map = async (symbolicator: Symbolicator, run: number) => {
    const event = eventOf(made, debugId, run)
    await symbolicator.prepare([{ project: 1, event }])
    symbolicator.apply(1, event)
    const [frame] = event.exception!.values[0]!.stacktrace!.frames
    if (frame!.data?.['symbolicated'] !== true) throw new Error(JSON.stringify(frame))
  }
  // The code itself is warm; the map is not.
  await map(new Symbolicator(world), 0)
  const symbolicator = new Symbolicator(world)
  const first = await cpuMs(() => map(symbolicator, 1))
  const warm = await cpuMs(async () => {
    for (let run = 0; run < warmRuns; run++) await map(symbolicator, run)
  })
  database.close()
  const memory = (symbolicator.bytes / 1e6).toFixed(0)
  return [sizeOf(made), 'Weir', first.toFixed(0), (warm / warmRuns).toFixed(3), memory]
}

function theirs(made: Minified): string[] {
  const trace = (map: TraceMap, run: number) => {
    for (const { lineno, colno } of framesAt(made, run)) {
      const found = originalPositionFor(map, { line: lineno!, column: colno! - 1 })
      const source = found.source === null ? null : sourceContentFor(map, found.source)
      if (source === null) throw new Error('trace-mapping finds nothing')
    }
  }
  trace(new TraceMap(made.map), 0)
  global.gc?.()
  const before = process.memoryUsage().heapUsed
  const start = process.cpuUsage()
  const map = new TraceMap(made.map)
  trace(map, 1)
  const first = spent(start)
  global.gc?.()
  const memory = ((process.memoryUsage().heapUsed - before) / 1e6).toFixed(0)
  const again = process.cpuUsage()
  for (let run = 0; run < warmRuns; run++) trace(map, run)
  const warm = spent(again)
  const name = 'trace-mapping, positions alone'
  return ['', name, first.toFixed(0), (warm / warmRuns).toFixed(3), global.gc ? memory : '-']
}

function eventOf(made: Minified, debugId: string, run: number): SentryEvent {
  return {
    event_id: '0'.repeat(32),
    timestamp: 0,
    received: 0,
    type: 'error',
    level: 'error',
    platform: 'javascript',
    exception: { values: [{ type: 'Error', stacktrace: { frames: framesAt(made, run) } }] },
    debug_meta: { images: [{ type: 'sourcemap', code_file: url, debug_id: debugId }] },
  }
}

/** Other frames in each run, spread over the script. */
function framesAt({ places }: Minified, run: number): Frame[] {
  return Array.from({ length: frames }, (_, index) => {
    const place = places[((run * 7_919 + index * 104_729) % places.length) | 0]!
    return { abs_path: url, lineno: 1, colno: place.column + 1, function: place.function }
  })
}

const sizeOf = ({ map }: Minified) => `${(Buffer.byteLength(map) / 1e6).toFixed(0)} MB`

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage()
  await work()
  return spent(start)
}

function spent(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e3
}
