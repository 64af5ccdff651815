import { firstPathOf } from '../grammar.ts'
import type { Series, SeriesList } from '../series.ts'

/**
 * Nodes (by their place, negative ones from the end) and tags of a series, joined by dots. Nodes are those of the first
 * path in a name that is a call; what is not there is empty.
 */
export function keyOf(series: Series, keys: readonly (number | string)[]): string {
  const path = series.name.endsWith(')') ? firstPathOf(series.name) : undefined
  const nodes = (path ?? series.name).split(';', 1)[0]!.split('.')
  return keys
    .map(
      (key) =>
        (typeof key === 'number' ? nodes.at(key) : undefined) ?? series.tags.get(`${key}`) ?? '',
    )
    .join('.')
}

/** Series by their keys, both in the order in which they come. */
export function grouped(
  list: SeriesList,
  key: (series: Series) => string,
): ReadonlyMap<string, Series[]> {
  const groups = new Map<string, Series[]>()
  for (const series of list) {
    const group = groups.get(key(series))
    if (group === undefined) groups.set(key(series), [series])
    else group.push(series)
  }
  return groups
}
