import type { JsonRecord, JsonValue } from '../search.ts'
import { namePattern, type NamePattern } from './name_pattern.ts'
import { isRecord } from './request_body.ts'

/**
 * Elasticsearch's `filter_path`: comma-separated dotted paths, `*` within a name, `**` over any number of
 * names; those with `-` before them are left out. Arrays are passed through, and do not count as a step.
 */
export function filterPath(value: JsonValue, filters: readonly string[]): JsonValue {
  const wanted = filters.filter((filter) => !filter.startsWith('-')).map(stepsOf)
  const unwanted = filters
    .filter((filter) => filter.startsWith('-'))
    .map((filter) => stepsOf(filter.slice(1)))
  const kept = wanted.length === 0 ? value : (include(value, wanted) ?? {})
  return unwanted.length === 0 ? kept : exclude(kept, unwanted)
}

type Step = '**' | NamePattern
type Steps = readonly Step[]

function stepsOf(filter: string): Steps {
  return filter
    .replaceAll(String.raw`\.`, '\u0000')
    .split('.')
    .map((step) => (step === '**' ? step : namePattern(step.replaceAll('\u0000', '.'))))
}

/** What remains of each path behind `name`; an empty one means that the path ends here. */
function behind(paths: readonly Steps[], name: string): Steps[] {
  const rest: Steps[] = []
  for (const path of paths) {
    const [step, ...more] = path
    if (step === undefined) continue
    if (step === '**') {
      rest.push(path)
      if (more.length === 0) rest.push([])
      else rest.push(...behind([more], name))
    } else if (step.test(name)) rest.push(more)
  }
  return rest
}

const ends = (paths: readonly Steps[]) => paths.some((path) => path.length === 0)

function include(value: JsonValue, paths: readonly Steps[]): JsonValue | undefined {
  if (Array.isArray(value)) {
    const kept = value.map((each) => include(each, paths)).filter((each) => each !== undefined)
    return kept.length === 0 ? undefined : kept
  }
  if (!isRecord(value)) return undefined
  const kept: [string, JsonValue][] = []
  for (const [name, each] of Object.entries(value)) {
    const rest = behind(paths, name)
    if (rest.length === 0) continue
    const part = ends(rest) ? each : include(each, rest)
    if (part !== undefined) kept.push([name, part])
  }
  return kept.length === 0 ? undefined : recordOf(kept)
}

function exclude(value: JsonValue, paths: readonly Steps[]): JsonValue {
  if (Array.isArray(value)) return value.map((each) => exclude(each, paths))
  if (!isRecord(value)) return value
  const kept: [string, JsonValue][] = []
  for (const [name, each] of Object.entries(value)) {
    const rest = behind(paths, name)
    if (ends(rest)) continue
    kept.push([name, rest.length === 0 ? each : exclude(each, rest)])
  }
  return recordOf(kept)
}

/** Names such as `__proto__` become own properties. */
const recordOf = (entries: readonly (readonly [string, JsonValue])[]): JsonRecord =>
  Object.fromEntries(entries)
