import { pino } from 'pino'
import { type Clock, systemClock } from '../../../core/clock.ts'
import type { Files } from '../../../core/files.ts'
import type { Batch, Position } from '../../../core/journal/batch.ts'
import { type Chunk, eventsOf } from '../../../core/journal/chunk.ts'
import { Journal, type JournalOptions } from '../../../core/journal/journal.ts'
import type { Reader } from '../../../core/journal/reader.ts'
import { PartitionWriter, type WriterWorld } from '../../../core/journal/writer.ts'
import { createMetrics, Registry } from '../../../core/metrics.ts'
import type { Reason } from '../../../core/reasons.ts'

/** A journal for tests: what it counted is in `counts`, by `component reason`. */
export interface TestWorld {
  readonly files: Files
  readonly dataFolder: string
  readonly clock?: Clock
  readonly randomBytes?: (count: number) => Uint8Array
  readonly options?: Partial<JournalOptions>
  readonly counts?: Map<string, number>
}

const metrics = createMetrics(new Registry())
const log = pino({ level: 'silent' })

export async function openJournal(
  world: TestWorld,
  mode: 'settle' | 'look' = 'settle',
): Promise<Journal> {
  const { files, dataFolder, clock = systemClock, options, counts } = world
  return await Journal.open(
    {
      dataFolder,
      maxDisk: 1e9,
      whenFull: 'block',
      segmentBytes: 1e6,
      groupBytes: 8e6,
      ...options,
    },
    {
      files,
      clock,
      log,
      metrics,
      count: (component: string, reason: Reason, events: number) => {
        const key = `${component} ${reason}`
        counts?.set(key, (counts.get(key) ?? 0) + events)
      },
    },
    mode,
  )
}

/** A writer whose marks go straight to the journal, with the positions that the journal has. */
export async function startWriter(
  journal: Journal,
  world: TestWorld,
  partition = 'collector-0',
  extra: Partial<WriterWorld> = {},
): Promise<PartitionWriter> {
  const own = new Map([...journal.positions()].filter(([key]) => key.startsWith(partition)))
  const writer = new PartitionWriter(await journal.seed(partition, own), {
    files: world.files,
    clock: world.clock ?? systemClock,
    randomBytes: world.randomBytes ?? ((count) => crypto.getRandomValues(new Uint8Array(count))),
    space: journal.space,
    onDurable: (mark) => journal.mark(partition, mark),
    onTrouble: (trouble) => journal.trouble(partition, trouble),
    onDropped: (events) =>
      world.counts?.set('dropped', (world.counts.get('dropped') ?? 0) + events),
    ...extra,
  })
  await writer.open()
  return writer
}

/** A batch of one line for each number, `{"@timestamp":…,"n":<number>,"pad":…}`. */
export function linesOf(
  numbers: readonly number[],
  { tag = 'a', pad = 0, positions }: LineOptions = {},
): Batch {
  const time = '2026-11-21T10:17:37.123Z'
  const lines = numbers.map((n) => `{"@timestamp":"${time}","n":${n},"pad":"${'x'.repeat(pad)}"}\n`)
  return {
    stream: `logs-${tag}-default`,
    tag,
    bytes: Buffer.from(lines.join('')),
    count: numbers.length,
    ...(positions && { positions }),
  }
}

interface LineOptions {
  readonly tag?: string
  readonly pad?: number
  readonly positions?: Record<string, Position | null>
}

export function numbersOf(chunk: Chunk): number[] {
  return [...eventsOf(chunk)].map(
    ({ start, end }) => (JSON.parse(chunk.bytes.toString('utf8', start, end)) as { n: number }).n,
  )
}

/** Reads and passes all that there is at the moment. */
export async function everything(reader: Reader, bytes = 1_000_000): Promise<number[]> {
  const numbers: number[] = []
  for (;;) {
    const read = await reader.read({ bytes, ageMs: 0 }, aborted())
    if (!read) return numbers
    numbers.push(...numbersOf(read.chunk))
    read.done()
  }
}

/** Fires as soon as a read has looked at what is there. */
function aborted(): AbortSignal {
  const controller = new AbortController()
  setImmediate(() => setImmediate(() => controller.abort()))
  return controller.signal
}
