import type { PointType } from './points.ts'

/** A series of one type: a counter and a gauge of the same name are two. */
export interface SeriesKey {
  /** Canonical: `name;k=v;k2=v2` (series.ts). */
  readonly series: string
  readonly type: PointType
}

/** What the catalogue knows of a series. Times are milliseconds since the epoch, of its points. */
export interface SeriesInfo extends SeriesKey {
  readonly firstMs: number
  readonly lastMs: number
}

/**
 * One condition on a tag, `name` being the dotted name. An absent tag has the empty value. Expressions are
 * anchored at the start, as Graphite's are; the value of `=~` is a JavaScript expression without backreferences.
 */
export interface TagExpression {
  readonly tag: string
  readonly operator: '=' | '!=' | '=~' | '!=~'
  readonly value: string
}

/** What narrows down series before points are touched. */
export interface SeriesFilter {
  /** Series that have points at or after this. */
  readonly fromMs?: number
  /** Series that have points before this. */
  readonly untilMs?: number
  /** Only of these types. */
  readonly types?: readonly PointType[]
}

export interface SeriesQuery extends SeriesFilter {
  /** Graphite's: `*`, `?`, `[a-z]`, `{a,b}`, none of which crosses a dot, over the dotted name. Tags do not count. */
  readonly glob?: string
  /** All have to hold. */
  readonly tags?: readonly TagExpression[]
  /** So many at most, in the order of their names. */
  readonly limit: number
}

/** A node of the tree of dotted names. It can be both a series and a branch. */
export interface TreeNode {
  /** The whole path, such as `servers.web1`. */
  readonly path: string
  /** Its last part. */
  readonly name: string
  /** Types of the series that have this very name (without tags); empty: there is none. */
  readonly types: readonly PointType[]
  /** Whether there is something below. */
  readonly isBranch: boolean
}

/**
 * What is asked of the points of a step.
 *
 * - `sum`, `count`, `min`, `max`, `last`, `mean` (sum / count): what the points keep; NaN where they do not.
 *   A gauge or value without sum, count, min, max answers from `last`.
 * - `rate`: sum a second for counters, count a second for timers and sets; NaN for others.
 * - `value`: what a Whisper file would have: `last` of gauges and values, `sum` of counters, `count` of sets, `mean`
 *   of timers; in roll-ups as the first aggregation rule says that fits the name, or NaN when fewer steps are
 *   known than its x_files_factor asks.
 * - `quantile`: 0 to 1, of timers, from sketches.
 * - `exact`: of timers, a figure under Etsy's key. At the finest step what Etsy sent; in roll-ups and where several
 *   instances meet, sums of what adds up and sketches for the rest.
 */
export type Figure =
  | 'sum'
  | 'count'
  | 'rate'
  | 'min'
  | 'max'
  | 'last'
  | 'mean'
  | 'value'
  | { readonly quantile: number }
  | { readonly exact: string }

export interface ReadRequest {
  readonly series: readonly SeriesKey[]
  /** Each for each series. */
  readonly figures: readonly Figure[]
  /** Milliseconds since the epoch; the first step is the one that holds it. */
  readonly fromMs: number
  /** The last step is the one before this. */
  readonly untilMs: number
  /** At least this; undefined: the finest that covers `fromMs` by the series' retention. */
  readonly stepMs?: number
  /** A coarser step is taken when a series had more values than this. */
  readonly maxPoints?: number
}

/** Values of one series and figure: `values[i]` is of the step that begins at `startMs + i * stepMs`. */
export interface SeriesValues extends SeriesKey {
  readonly figure: Figure
  readonly startMs: number
  readonly stepMs: number
  /** NaN: no point. */
  readonly values: Float64Array
}

/**
 * Metric points, whatever keeps them. Instances of a series are combined by its type: counters, sets and the
 * counts of timers add up, sketches merge, of gauges and values the last one counts. Errors are `SearchError`.
 */
export interface MetricStore {
  /** Series of the catalogue, by name and type; points are not touched. What is new is found after `refresh`. */
  find(query: SeriesQuery, deadline: AbortSignal): Promise<readonly SeriesInfo[]>
  /**
   * Nodes of the tree whose path fits `glob`, whose number of dots is their depth: `*` the first level, `a.b.*` what
   * is right below `a.b`. In the order of their names.
   */
  children(
    query: SeriesFilter & { readonly glob: string; readonly limit: number },
    deadline: AbortSignal,
  ): Promise<readonly TreeNode[]>
  /** Names of tags, `name` among them, of the series that fit `tags`. */
  tagNames(
    query: {
      readonly tags?: readonly TagExpression[]
      readonly prefix?: string
      readonly limit: number
    },
    deadline: AbortSignal,
  ): Promise<readonly string[]>
  tagValues(
    query: {
      readonly tag: string
      readonly tags?: readonly TagExpression[]
      readonly prefix?: string
      readonly limit: number
    },
    deadline: AbortSignal,
  ): Promise<readonly string[]>
  /** In the order of the request, figures of a series side by side. A series without points has only NaN. */
  read(request: ReadRequest, deadline: AbortSignal): Promise<readonly SeriesValues[]>
  /** Resolves when everything that was durable at the call is found by what is asked afterwards. */
  refresh(): Promise<void>
}
