import type { JsonRecord, JsonValue } from '../../search.ts'
import { brief, isRecord, malformed, onlyKeys, texts } from './body_options.ts'

/** What of a document's source an answer has. Undefined: nothing of it. */
export type SourceFilter = ((source: JsonRecord) => JsonRecord) | undefined

/** @param given `_source` of the body: true, false, a pattern, patterns, or includes and excludes */
export function sourceFilterOf(given: JsonValue | undefined): SourceFilter {
  if (given === undefined || given === null || given === true) return (source) => source
  if (given === false) return undefined
  if (typeof given === 'string' || Array.isArray(given))
    return filterOf(texts(given, '_source'), [])
  if (!isRecord(given))
    throw malformed(`[_source] must be true, false, names or an object, but is [${brief(given)}]`)
  onlyKeys(given, '_source', ['includes', 'include', 'excludes', 'exclude'])
  const includes = texts(given.includes ?? given.include, '_source.includes')
  return filterOf(includes, texts(given.excludes ?? given.exclude, '_source.excludes'))
}

function filterOf(includes: readonly string[], excludes: readonly string[]): SourceFilter {
  const included = includes.map(pathPattern)
  const excluded = excludes.map(pathPattern)
  const fits = (path: string, patterns: readonly RegExp[]) =>
    patterns.some((each) => each.test(path))

  /** Undefined: there is nothing of it. */
  const keep = (value: JsonValue, path: string, wanted: boolean): JsonValue | undefined => {
    if (Array.isArray(value)) {
      if (wanted && !excludes.some((pattern) => reachesInside(pattern, path))) return value
      const kept = value.flatMap((each) => {
        const inner = keep(each, path, wanted)
        return inner === undefined ? [] : [inner]
      })
      return kept.length === 0 && !wanted ? undefined : kept
    }
    if (!isRecord(value)) return wanted ? value : undefined
    if (wanted && !excludes.some((pattern) => reachesInside(pattern, path))) return value
    const kept = keepRecord(value, path, wanted)
    return Object.keys(kept).length === 0 ? undefined : kept
  }
  const keepRecord = (record: JsonRecord, path: string, wanted: boolean): JsonRecord => {
    const kept: [string, JsonValue][] = []
    for (const [name, value] of Object.entries(record)) {
      const inner = path === '' ? name : `${path}.${name}`
      if (fits(inner, excluded)) continue
      const isIncluded = wanted || fits(inner, included)
      const found = keep(value, inner, isIncluded)
      if (found !== undefined) kept.push([name, found])
      else if (isIncluded && isRecord(value)) kept.push([name, {}])
    }
    return Object.fromEntries(kept)
  }
  return (source) => keepRecord(source, '', included.length === 0)
}

/** The path itself, or one under it that a document writes with a dot in its name. */
const pathPattern = (pattern: string) => {
  const whole = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\*+/g, '.*')
  return new RegExp(`^${whole}(?:[.].*)?$`, 's')
}

/** Whether a pattern with `*` may fit something inside the object at `path`. */
function reachesInside(pattern: string, path: string): boolean {
  const text = `${path}.`
  let places = new Set([0])
  for (const character of text) {
    const next = new Set<number>()
    for (const place of withoutStars(pattern, places)) {
      if (pattern[place] === '*') next.add(place)
      else if (pattern[place] === character) next.add(place + 1)
    }
    places = next
  }
  return places.size > 0
}

/** The places, and those behind the stars that stand there, which may stand for nothing. */
function withoutStars(pattern: string, places: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(places)
  for (const place of all) if (pattern[place] === '*') all.add(place + 1)
  return all
}
