import type { Clock } from '../clock.ts'
import { WeirError } from '../errors.ts'
import type { Files } from '../files.ts'
import type { Position } from './batch.ts'
import type { Journal } from './journal.ts'
import { PartitionWriter } from './writer.ts'

export interface KeepWorld {
  readonly files: Files
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
}

/**
 * Makes `positions` all that a partition knows, durably and at once, by a segment without events. For
 * partitions that nobody writes.
 *
 * @throws WeirError WEIR_DATA_UNUSABLE when the disk does not take it; a system error when it takes no folder.
 */
export async function keepPositions(
  journal: Journal,
  partition: string,
  positions: ReadonlyMap<string, readonly [generation: number, position: Position]>,
  world: KeepWorld,
): Promise<void> {
  let why = ''
  const writer = new PartitionWriter(await journal.seed(partition, positions), {
    ...world,
    space: journal.space,
    onDurable: (mark) => journal.mark(partition, mark),
    onTrouble: (trouble) => void (why = trouble?.message ?? ''),
    onDropped: () => undefined,
  })
  await writer.open()
  await writer.close(AbortSignal.abort())
  if (writer.isInTrouble) throw new WeirError('WEIR_DATA_UNUSABLE', why)
  await journal.recover(partition)
}
