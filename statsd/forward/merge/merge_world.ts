import type { MergedIds } from './merged_ids.ts'

/** What was left out because of a limit. */
export interface MergeLosses {
  /** Series that were new. */
  series: number
  /** Members of sets. */
  members: number
}

/** What merging one kind of series works with. */
export interface MergeWorld {
  readonly ids: MergedIds
  /** Counts the flushes. */
  readonly turn: number
  /** Added to. */
  readonly losses: MergeLosses
}
