import { messageOf } from '../core/errors.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { KeepWorld } from '../core/journal/keep_positions.ts'
import type { Logger } from '../core/log.ts'
import { isOfInput, isWorkerPartition, ownerOfPosition, workerPartition } from './ownership.ts'
import type { KnownPositions } from './worker_protocol.ts'

/** A partition, what it knows, and what it is to know: nothing where there is no such worker any more. */
interface Share {
  readonly partition: string
  readonly known: KnownPositions
  readonly own: KnownPositions
}

/**
 * Brings each position into the partition of the worker that it belongs to, and out of all others, where the
 * number of workers or the name of a file is another than before. No worker may run meanwhile.
 *
 * First each partition gets its own beside what it has; only when these are durable, what is not its own goes.
 * So each position is in one partition at least whenever the process ends, and copies do not differ. That no copy
 * stays is what lets a worker forget a source.
 *
 * @returns by worker, the positions it begins with.
 */
export async function handOver(
  journal: Journal,
  count: number,
  world: KeepWorld & { readonly log: Logger },
): Promise<readonly KnownPositions[]> {
  const shares = sharesOf(journal, count)
  const given = shares.slice(0, count)
  const gaining = shares.filter(({ known, own }) => [...own].some(isNewTo(known)))
  const losing = shares.filter(({ known, own }) => [...known.keys()].some((key) => !own.has(key)))
  try {
    if (gaining.length > 0 || losing.length > 0) {
      const { keepPositions } = await import('../core/journal/keep_positions.ts')
      for (const share of gaining) await keepPositions(journal, share.partition, both(share), world)
      for (const { partition, own } of losing) await keepPositions(journal, partition, own, world)
    }
    return given.map(({ own }) => own)
  } catch (failure) {
    const why = messageOf(failure)
    world.log.error(`positions stay with more than one worker until the next start: ${why}`)
    // Too many are passed over by who does not own them. Too few would be lost.
    return given.map(both)
  }
}

/** Those of the workers that there are, by their index, then those of workers that there were. */
function sharesOf(journal: Journal, count: number): Share[] {
  const partitions = Array.from({ length: count }, (_, index) => workerPartition(index))
  const own = partitions.map(() => new Map<string, Known>())
  for (const [key, known] of journal.positions()) {
    if (isOfInput(key)) own[ownerOfPosition(known[1], count)]!.set(key, known)
  }
  for (const { name } of journal.partitions) {
    if (isWorkerPartition(name) && !partitions.includes(name)) partitions.push(name)
  }
  return partitions.map((partition, place) => ({
    partition,
    known: journal.positionsIn(partition),
    own: own[place] ?? new Map(),
  }))
}

type Known = KnownPositions extends ReadonlyMap<string, infer Entry> ? Entry : never

const both = ({ known, own }: Share): KnownPositions => new Map([...known, ...own])

/** By generation: what another worker read on since is newer. */
const isNewTo =
  (known: KnownPositions) =>
  ([key, [generation]]: [string, Known]) =>
    known.get(key)?.[0] !== generation
