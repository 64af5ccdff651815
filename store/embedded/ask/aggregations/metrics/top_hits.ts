import type { HitsKind } from '../aggregation.ts'
import type { Options } from '../options.ts'

const passed = [
  'sort',
  '_source',
  'fields',
  'docvalue_fields',
  'highlight',
  'version',
  'seq_no_primary_term',
  'stored_fields',
  'track_scores',
  'explain',
] as const

/** The best documents of each bucket, answered as a search of their own. */
export function topHits(options: Options): HitsKind {
  const { maxInnerResultWindow: maxWindow } = options.limits
  const from = options.integer('from', 0) ?? 0
  const size = options.integer('size', 0) ?? 3
  if (from + size > maxWindow) {
    throw options.illegal(
      `Top hits result window is too large, the top hits aggregator [${options.name}]'s from + size must be less than or equal to: [${maxWindow}] but was [${from + size}]. This limit can be set by changing the [index.max_inner_result_window] index level setting (store.limits.max_inner_result_window).`,
    )
  }
  options.refuse('script_fields')
  const given = passed.flatMap((key) => {
    const value = options.raw(key)
    return value == null ? [] : [[key, value] as const]
  })
  return { family: 'hits', body: { from, size, ...Object.fromEntries(given) } }
}
