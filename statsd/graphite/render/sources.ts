/** What the store is asked for. */
export type SeriesPattern =
  /** Graphite's glob over dotted names: `*`, `?`, `[a-z]`, `{a,b}`, none of which crosses a dot. */
  | { readonly kind: 'glob'; readonly text: string }
  /** Expressions `tag=value`, `tag!=value`, `tag=~expression`, `tag!=~expression`, all of which must hold. */
  | { readonly kind: 'tags'; readonly expressions: readonly string[]; readonly text: string }

export interface FetchRequest {
  readonly pattern: SeriesPattern
  /** Seconds since the epoch. */
  readonly fromS: number
  readonly untilS: number
  /** More than this is refused when it comes back, so the store may stop there. */
  readonly maxSeries: number
  readonly maxPoints: number
}

/**
 * A stored series. `start` is the time of the first value, `end` of the first one that is not there any more, all in
 * whole seconds; NaN is null. The values are not changed by rendering.
 */
export interface FetchedSeries {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly step: number
  readonly values: Float64Array
  /** How several values of it become one, where that is known; else average. */
  readonly consolidation?: 'sum' | 'average' | 'min' | 'max' | 'last'
}

/** Several questions at once, so that the store can answer them together: for each, in their order, its series. */
export type Fetch = (
  requests: readonly FetchRequest[],
) => Promise<readonly (readonly FetchedSeries[])[]>

/** What rendering takes from outside. */
export interface RenderSources {
  readonly fetch: Fetch
  /**
   * Seconds since the epoch of the events between two times that have all these tags; no tags: of all. Without it
   * `events(…)` finds none.
   */
  readonly events?: (
    tags: readonly string[],
    fromS: number,
    untilS: number,
  ) => Promise<readonly number[]>
  /** A number in [0, 1). */
  readonly random: () => number
}
