/** A tag of a series: `k=v` in Graphite's tagged form. */
export type SeriesTags = Readonly<Record<string, string>>

/**
 * The canonical spelling of a series, `name;k=v;k2=v2`, tags sorted by key. The last of two equal keys counts.
 *
 * @param tags pairs of key and value; what Graphite forbids in them (`;` in both, `!^=` in keys, a leading `~` in
 *   values, emptiness) is the caller's to refuse or replace.
 */
export function seriesOf(name: string, tags: Iterable<readonly [string, string]>): string {
  const sorted = [...new Map(tags)].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted.reduce((text, [key, value]) => `${text};${key}=${value}`, name)
}

/** The dotted name of a series, without its tags. */
export function nameOfSeries(series: string): string {
  const end = series.indexOf(';')
  return end < 0 ? series : series.slice(0, end)
}

/** The tags of a series, `name` (its dotted name) among them as Graphite has it; no prototype. */
export function tagsOfSeries(series: string): SeriesTags {
  const [name, ...pairs] = series.split(';')
  const tags: Record<string, string> = Object.create(null) as Record<string, string>
  tags['name'] = name!
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals > 0) tags[pair.slice(0, equals)] = pair.slice(equals + 1)
  }
  return tags
}
