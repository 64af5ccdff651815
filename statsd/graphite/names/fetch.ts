import type { MetricStore, SeriesValues, TagExpression } from '../../../store/metrics.ts'
import { SearchError } from '../../../store/search.ts'
import type { Fetch, FetchedSeries, FetchRequest } from '../render/sources.ts'
import type { Finder, FoundLeaf } from './finder.ts'

const expression = /^([^;!=~]+)(!=~|=~|!=|=)(.*)$/s

/** Graphite's `tag=value`, `tag!=value`, `tag=~expression`, `tag!=~expression`. @throws SearchError 400 */
export function tagExpression(text: string): TagExpression {
  const [, tag, operator, value] = expression.exec(text) ?? []
  if (tag !== undefined && value !== undefined) {
    return { tag, operator: operator as TagExpression['operator'], value }
  }
  const forms = 'tag=value, tag!=value, tag=~expression or tag!=~expression'
  throw new SearchError(400, 'bad_expression', `"${text.slice(0, 200)}" is none of ${forms}`)
}

/**
 * What rendering asks of the store: finds series by their names in Graphite's world and reads one figure of each.
 * As with Whisper, a value belongs to the answer when its time lies after `from` and not after `until`.
 */
export function storeFetch(finder: Finder, store: MetricStore, deadline: AbortSignal): Fetch {
  return async (requests) => await Promise.all(requests.map((request) => fetchOne(request)))

  async function fetchOne(request: FetchRequest): Promise<FetchedSeries[]> {
    const { pattern, fromS, untilS, maxSeries } = request
    const finding = { fromMs: fromS * 1000, limit: maxSeries + 1, deadline }
    const leaves =
      pattern.kind === 'glob'
        ? await finder.leaves(pattern.text, finding)
        : await finder.tagged(pattern.expressions.map(tagExpression), finding)
    const fetched: FetchedSeries[] = []
    for (const alike of Map.groupBy(leaves, ({ figure }) => JSON.stringify(figure)).values()) {
      const { figure } = alike[0]!
      const window = { fromMs: fromS * 1000, untilMs: untilS * 1000 + 1 }
      const asked = { series: alike, figures: [figure], ...window }
      const values = await store.read(asked, deadline)
      for (const [place, leaf] of alike.entries()) {
        const one = fetchedOf(leaf, values[place]!, fromS)
        if (one) fetched.push(one)
      }
    }
    return fetched.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }
}

function fetchedOf(leaf: FoundLeaf, read: SeriesValues, fromS: number): FetchedSeries | undefined {
  const { name, figure, consolidation } = leaf
  const { startMs, stepMs, values } = read
  const step = stepMs / 1000
  // The step that holds `from` ends after it but began before.
  const skipped = startMs / 1000 <= fromS ? Math.floor((fromS - startMs / 1000) / step) + 1 : 0
  const shown = values.subarray(Math.min(skipped, values.length))
  // A figure that the timer does not have, such as a percentile of another config.
  if (typeof figure === 'object' && shown.every((value) => Number.isNaN(value))) return undefined
  const start = startMs / 1000 + skipped * step
  return {
    name,
    start,
    end: start + shown.length * step,
    step,
    values: shown,
    ...(consolidation && { consolidation }),
  }
}
