/**
 * What every row that a question finds must have, so that segments without it need not be opened. All of it has
 * to hold; nothing in it means that any row may be found. It may ask for less than the question does, never for
 * more.
 */
export interface Needs {
  /** Bounds of `@timestamp`, inclusive, microseconds since the epoch. A row without a time fits no bound. */
  readonly fromMicros?: bigint
  readonly toMicros?: bigint
  /**
   * Words of which at least one of each group stands in the row's `_source`: lower-cased tokens of the standard
   * analyser (store/query/analyser), as the segment's token filter holds them.
   */
  readonly words: readonly (readonly string[])[]
  /** Promoted columns by path, each with the values of which it has one. Rows that spilled the path may fit too. */
  readonly equals: ReadonlyMap<string, readonly string[]>
}
