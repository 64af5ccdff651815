/** Where a source was read to: plain JSON, its meaning known to the input alone. */
export type Position = { readonly [key: string]: string | number | boolean | null }

/** Events that become durable together, and what else must be true once they are. */
export interface Batch {
  /** Such as `logs-nginx.access-default`. */
  readonly stream: string
  readonly tag: string
  /**
   * NDJSON: `count` lines, each a JSON object in valid UTF-8 that begins with `{"@timestamp":"` and an
   * ISO 8601 UTC time, each ended by one `\n`. Not changed until the append settles.
   */
  readonly bytes: Uint8Array
  readonly count: number
  /** CRC-32 of `bytes`, from who took it while they were in the CPU's cache. */
  readonly crc?: number
  /** Positions by source key that hold once these events are durable; null forgets a source. */
  readonly positions?: Readonly<Record<string, Position | null>>
  /** Ids of chunks a sender may send again (forward protocol), remembered so that it may. */
  readonly chunks?: readonly string[]
}

/**
 * Resolves when all of `batches` are durable, rejects when none is. They become durable together: no
 * crash leaves a part. `dropped` says that the journal is full and `when_full` is drop_newest: the events are
 * gone and counted, the positions moved. Otherwise it waits while the journal is full or its disk fails.
 * Acknowledge or move a position only afterwards.
 *
 * When `withdrawn` fires, what still waits is taken back: it rejects with the signal's reason. What is being
 * written settles first. Positions cannot be withdrawn.
 */
export type Append = (
  batches: readonly Batch[],
  withdrawn?: AbortSignal,
) => Promise<'durable' | 'dropped'>
