import { parseExact } from '../../core/exact_json.ts'
import type { JsonRecord, JsonValue } from '../search.ts'
import { filterPath } from './filter_path.ts'
import { isRecord } from './request_body.ts'

/** Which part of a document is answered. */
export interface SourceFilter {
  readonly isWanted: boolean
  readonly includes: readonly string[]
  readonly excludes: readonly string[]
}

/** Reads `_source`: true, false, a pattern, a list of them, or `{includes, excludes}`. */
export function sourceFilterOf(given: JsonValue | undefined): SourceFilter {
  if (given === false) return { isWanted: false, includes: [], excludes: [] }
  if (given === undefined || given === true || given === null) return whole
  if (!isRecord(given)) return { ...whole, includes: textsOf(given) }
  return {
    isWanted: true,
    includes: textsOf(given['includes'] ?? given['include']),
    excludes: textsOf(given['excludes'] ?? given['exclude']),
  }
}

const whole: SourceFilter = { isWanted: true, includes: [], excludes: [] }

function textsOf(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}

/** The document, or the part that is wanted; undefined for nothing of it. */
export function filteredSource(text: string, filter: SourceFilter): JsonRecord | undefined {
  if (!filter.isWanted) return undefined
  const value = parseExact(text) as JsonRecord
  const { includes, excludes } = filter
  if (includes.length === 0 && excludes.length === 0) return value
  // Without inclusions everything is wanted; `a` takes `a.b` with it, as in Elasticsearch.
  const filters = [...includes, ...excludes.map((each) => `-${each}`)]
  return filterPath(value, filters) as JsonRecord
}
