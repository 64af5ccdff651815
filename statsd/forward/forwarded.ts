import type { Context } from '../../core/context.ts'
import type { Position } from '../../core/journal/batch.ts'
import type { SeriesKind, SwappedTables } from '../tables/swapped.ts'
import { FlushMerge, type ForwardedPiece, type MergeLimits } from './merge.ts'
import type { NamedIds } from './merge/merged_ids.ts'
import { readPiece } from './read_lines.ts'

/** The position that says up to where of the journal pieces are merged; it is in the flush's own batch. */
export const mergedPosition = 'statsd.merged'

/** A piece as it is in the journal, and where: its first event in the segment, and how many it has. */
export interface JournalPiece {
  readonly segment: string
  readonly ordinal: number
  readonly count: number
  readonly bytes: Uint8Array
}

/** A swap with what was handed over, and what has to become true with its flush. */
export interface MergedSwap {
  readonly tables: SwappedTables
  readonly positions: Readonly<Record<string, Position>>
  /** Called once the flush is durable, or lost. */
  settle(failure?: Error): void
}

interface Waiting {
  readonly piece: JournalPiece
  readonly read: ForwardedPiece
  readonly done: PromiseWithResolvers<void>
}

/**
 * What other Weirs handed over, in the flushing thread: waits for the next flush and is merged into it. A piece is
 * merged once, however often it is brought: its place is compared with the last that a flush made durable.
 */
export class Forwarded {
  readonly #limits: MergeLimits
  readonly #context: Context
  readonly #waiting: Waiting[] = []
  #last: JournalPlace | undefined
  #merge: { readonly generation: number; readonly flushes: FlushMerge } | undefined

  /** @param last the position of the last flush that merged something. */
  constructor(limits: MergeLimits, last: Position | undefined, context: Context) {
    this.#limits = limits
    this.#context = context
    if (last) this.#last = { segment: String(last['segment']), ordinal: Number(last['ordinal']) }
  }

  /** Resolves once the piece is in a flush that is durable. Pieces are brought in the journal's order. */
  bring(piece: JournalPiece): Promise<void> {
    const newest = this.#waiting.at(-1)?.piece
    const last = newest ? endOf(newest) : this.#last
    if (last && isPassed(piece, last)) {
      const same = this.#waiting.find((each) => isPassed(piece, endOf(each.piece)))
      return same?.done.promise ?? Promise.resolve()
    }
    const read = readPiece(Buffer.from(piece.bytes).toString())
    // It was read when it was taken in.
    if ('why' in read) return Promise.reject(new SyntaxError(read.why))
    const done = Promise.withResolvers<void>()
    this.#waiting.push({ piece, read, done })
    return done.promise
  }

  /** @param known the names of the swap's ids before this swap. */
  mergeInto(swapped: SwappedTables, known: (kind: SeriesKind) => NamedIds): MergedSwap {
    const taken = this.#waiting.slice()
    const { generation } = swapped
    if (this.#merge && this.#merge.generation !== generation) this.#merge = undefined
    if (!this.#merge && taken.length === 0) {
      return { tables: swapped, positions: {}, settle: () => undefined }
    }
    this.#merge ??= { generation, flushes: new FlushMerge(known, this.#limits) }
    const pieces = taken.map(({ read }) => read)
    const { tables, losses } = this.#merge.flushes.merge(swapped, pieces)
    const lost = losses.series + losses.members
    if (lost > 0) this.#context.count('statsd_limit', lost)
    const newest = taken.at(-1)
    const end = newest && endOf(newest.piece)
    return {
      tables,
      positions: end ? { [mergedPosition]: { ...end } } : {},
      settle: (failure) => {
        this.#waiting.splice(0, taken.length)
        if (end && !failure) this.#last = end
        for (const { done } of taken) {
          if (failure) done.reject(failure)
          else done.resolve()
        }
      },
    }
  }

  get waiting(): number {
    return this.#waiting.length
  }
}

interface JournalPlace {
  readonly segment: string
  readonly ordinal: number
}

const endOf = ({ segment, ordinal, count }: JournalPiece): JournalPlace => ({
  segment,
  ordinal: ordinal + count,
})

/** Whether a piece lies before a place; ULIDs sort as text. */
const isPassed = ({ segment, ordinal }: JournalPiece, last: JournalPlace) =>
  segment < last.segment || (segment === last.segment && ordinal < last.ordinal)
