import type { SeriesKind } from '../tables/swapped.ts'
import type { ShownKind, ShownSeries } from '../receive/protocol.ts'

/** The series of the interval so far, as the receiving thread has them. */
export interface SeriesSource {
  show(kind: ShownKind): Promise<readonly ShownSeries[]>
  /** Resolves to those of `names` that there were. */
  delete(kind: SeriesKind, names: readonly string[]): Promise<readonly string[]>
}

/** What people ask for by one word. DogStatsD's histograms and distributions are timers here. */
const kinds = {
  counters: ['counter'],
  gauges: ['gauge'],
  timers: ['timer', 'histogram', 'distribution'],
  sets: ['set'],
} as const satisfies Record<string, readonly ShownKind[]>

export type Shown = keyof typeof kinds
export const shownKinds = Object.keys(kinds) as readonly Shown[]

/** The series that people see, by name; what the daemon counts of itself is among them. */
export class ConsoleSeries {
  readonly #source: SeriesSource
  readonly #own: (shown: Shown) => Promise<Readonly<Record<string, number>>>

  /** @param own what the daemon counts of itself: no series of the receiving thread, and never deleted. */
  constructor(
    source: SeriesSource,
    own: (shown: Shown) => Promise<Readonly<Record<string, number>>>,
  ) {
    this.#source = source
    this.#own = own
  }

  /** Every series with its value; timers have their values. */
  async all(shown: Shown): Promise<Record<string, number | readonly number[]>> {
    const found: [string, number | readonly number[]][] = Object.entries(await this.#own(shown))
    const at = new Map(found.map(([name], index) => [name, index]))
    for (const kind of kinds[shown]) {
      for (const { name, value } of await this.#source.show(kind)) {
        const own = at.get(name)
        if (own === undefined) found.push([name, value])
        // Somebody sends under a name of ours: it is one counter.
        else found[own] = [name, Number(found[own]![1]) + Number(value)]
      }
    }
    return Object.fromEntries(found)
  }

  /**
   * Forgets series.
   *
   * @param bucket a name, or `a.b.*` for all below `a.b`.
   * @returns the names that were forgotten.
   */
  async delete(shown: Shown, bucket: string): Promise<string[]> {
    const folder = bucket.endsWith('.*') ? bucket.slice(0, -1) : undefined
    const deleted: string[] = []
    for (const kind of kinds[shown]) {
      const names = [bucket]
      if (folder !== undefined) {
        const all = await this.#source.show(kind)
        names.push(...all.map(({ name }) => name).filter((name) => name.startsWith(folder)))
      }
      deleted.push(...(await this.#source.delete(kind, names)))
    }
    return deleted
  }
}
