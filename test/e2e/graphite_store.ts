import type { Fetch, FetchedSeries, FetchRequest } from '../../statsd/graphite/render/sources.ts'
import type { StoredSeries } from '../peers/graphite_web.ts'

/** A store that answers as the one of `graphite_functions.py` does. */
export function storeOf(stored: readonly StoredSeries[]): Fetch {
  return async (requests) => requests.map((request) => found(stored, request))
}

function found(stored: readonly StoredSeries[], { pattern, fromS, untilS }: FetchRequest) {
  return stored
    .filter(({ name }) =>
      pattern.kind === 'glob' ? fits(name, pattern.text) : hasTags(name, pattern.expressions),
    )
    .map((series) => windowOf(series, fromS, untilS))
}

function fits(name: string, glob: string): boolean {
  const source = glob
    .replaceAll('.', '\\.')
    .replaceAll('*', '[^.]*')
    .replaceAll('?', '[^.]')
    .replaceAll(/\{([^}]*)\}/g, (_, inside: string) => `(?:${inside.replaceAll(',', '|')})`)
  return new RegExp(`^${source}$`).test(name)
}

function hasTags(name: string, expressions: readonly string[]): boolean {
  const [metric, ...rest] = name.split(';')
  const tags = new Map(rest.map((tag) => tag.split('=') as [string, string])).set('name', metric!)
  return expressions.every((expression) => {
    const [tag, value] = expression.split('=') as [string, string]
    return tags.get(tag) === value
  })
}

/** As Whisper: the first step after the start, up to the step after the end. */
function windowOf(
  { name, start, step, values }: StoredSeries,
  fromS: number,
  untilS: number,
): FetchedSeries {
  const first = fromS - (fromS % step) + step
  const last = Math.max(untilS - (untilS % step) + step, first + step)
  const length = (last - first) / step
  const place = (first - start) / step
  const taken = Float64Array.from({ length }, (_, i) => values[place + i] ?? NaN)
  return { name, start: first, end: last, step, values: taken }
}
