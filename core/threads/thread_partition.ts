import { randomBytes } from 'node:crypto'
import { systemClock } from '../clock.ts'
import type { Context } from '../context.ts'
import { systemFiles } from '../files.ts'
import type { Trouble } from '../journal/backpressure.ts'
import { Space } from '../journal/space.ts'
import { type DurableMark, PartitionWriter, type WriterSeed } from '../journal/writer.ts'

/** What the thread tells main about a partition of the journal that it writes. */
export type PartitionNotice =
  | { readonly notice: 'durable'; readonly partition: string; readonly mark: DurableMark }
  | { readonly notice: 'trouble'; readonly partition: string; readonly trouble: Trouble | null }

/** What a thread needs to write a partition of its own. */
export interface PartitionSeed {
  readonly writer: WriterSeed
  readonly space: { readonly shared: SharedArrayBuffer; readonly limit: number }
}

/** The writer of a thread's partition, not yet open: it counts what becomes durable, and tells main. */
export function threadPartition(
  { writer, space }: PartitionSeed,
  { metrics, count }: Pick<Context, 'metrics' | 'count'>,
  say: (notice: PartitionNotice) => void,
): PartitionWriter {
  const { partition } = writer
  let last: DurableMark | undefined
  return new PartitionWriter(writer, {
    files: systemFiles,
    clock: systemClock,
    randomBytes,
    space: new Space(space.limit, space.shared),
    onDurable: (mark) => {
      // Marks of one segment add up; the first of a new one stands for itself.
      const before = mark.segment === last?.segment ? last : undefined
      metrics.journal_events.inc({ partition }, mark.events - (before?.events ?? 0))
      metrics.journal_bytes.inc({ partition }, mark.bytes - (before?.bytes ?? 0))
      last = mark
      say({ notice: 'durable', partition, mark })
    },
    onTrouble: (trouble) => say({ notice: 'trouble', partition, trouble }),
    onDropped: (events) => count('journal_full', events),
    onAppended: (seconds) => metrics.journal_append_seconds.observe({ partition }, seconds),
  })
}
