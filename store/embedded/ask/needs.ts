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
   * Texts, of which at least one of each group stands in the row's `_source`, cases aside: all of its words do.
   * A word is a run of ASCII letters and digits with none beside it.
   */
  readonly words: readonly (readonly string[])[]
  /** Promoted columns by path, each with the values of which it has one. Rows that spilled the path may fit too. */
  readonly equals: ReadonlyMap<string, readonly string[]>
}

/** Nothing: any row may be found. */
export const noNeeds: Needs = { words: [], equals: new Map() }

/** Rows that fit both. */
export function both(one: Needs, other: Needs): Needs {
  const equals = new Map(one.equals)
  for (const [path, values] of other.equals) if (!equals.has(path)) equals.set(path, values)
  const froms = [one.fromMicros, other.fromMicros].filter((each) => each !== undefined)
  const tos = [one.toMicros, other.toMicros].filter((each) => each !== undefined)
  return {
    ...(froms.length > 0 && { fromMicros: froms.reduce((a, b) => (a > b ? a : b)) }),
    ...(tos.length > 0 && { toMicros: tos.reduce((a, b) => (a < b ? a : b)) }),
    words: [...one.words, ...other.words],
    equals,
  }
}

/** Rows that fit one of them: what all of them ask for. */
export function either(all: readonly Needs[]): Needs {
  const [only, ...more] = all
  if (!only) return noNeeds
  if (more.length === 0) return only
  const froms = all.flatMap(({ fromMicros }) => (fromMicros === undefined ? [] : [fromMicros]))
  const tos = all.flatMap(({ toMicros }) => (toMicros === undefined ? [] : [toMicros]))
  const groups = all.flatMap(({ words }) => (words.length === 0 ? [] : [words[0]!]))
  return {
    ...(froms.length === all.length && { fromMicros: froms.reduce((a, b) => (a < b ? a : b)) }),
    ...(tos.length === all.length && { toMicros: tos.reduce((a, b) => (a > b ? a : b)) }),
    words: groups.length === all.length ? [groups.flat()] : [],
    equals: new Map(),
  }
}
