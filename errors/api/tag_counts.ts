/**
 * Exact counts by tag, as rows `g` (issue, key, value, events, first_seen_ms, last_seen_ms): releases and environments
 * have tables of their own, and are asked as tags.
 */
export const tagCounts = `(
  select issue, key, value, events, first_seen_ms, last_seen_ms from issue_tags
  union all select issue, 'release', release, events, first_seen_ms, last_seen_ms from issue_releases
  union all select issue, 'environment', environment, events, first_seen_ms, last_seen_ms from issue_environments) g`

const own: ReadonlyMap<string, string> = new Map([
  ['release', 'issue_releases'],
  ['environment', 'issue_environments'],
])

/** The same rows where the key is known, which the question still names: of the one table that has them. */
export function tagCountsOf(key: string): string {
  const table = own.get(key)
  if (!table) return 'issue_tags g'
  return `(select issue, '${key}' as key, ${key} as value, events, first_seen_ms, last_seen_ms from ${table}) g`
}
