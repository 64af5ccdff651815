import type { JsonRecord, JsonValue } from '../search.ts'
import type { IdTable } from './ids.ts'
import { isRecord } from './request_body.ts'

/**
 * A search's answer with the `_version` of its hits, those of `top_hits` too. The engine knows the number of the
 * change that made a document, and tells it as a negative version; which version that was, the ids know.
 */
export function withVersions(answer: JsonRecord, body: JsonRecord, ids: IdTable): JsonRecord {
  if (!wantsVersions(body)) return answer
  const { hits, aggregations } = answer
  return {
    ...answer,
    ...(hits !== undefined && { hits: versioned(hits, ids) }),
    ...(aggregations !== undefined && { aggregations: versioned(aggregations, ids) }),
  }
}

function wantsVersions(body: JsonRecord): boolean {
  if (String(body['version'] ?? false) === 'true') return true
  return [body['aggs'], body['aggregations']].some(
    (aggregations) =>
      isRecord(aggregations) &&
      Object.values(aggregations).some((each) => {
        if (!isRecord(each)) return false
        const { top_hits: top } = each
        return (
          (isRecord(top) && wantsVersions({ version: top['version'] ?? false })) ||
          wantsVersions(each)
        )
      }),
  )
}

function versioned(value: JsonValue, ids: IdTable): JsonValue {
  if (Array.isArray(value)) return value.map((each) => versioned(each, ids))
  if (!isRecord(value)) return value
  const { _version: told, _index: index, _id: id } = value
  if (typeof told === 'number' && typeof index === 'string' && typeof id === 'string') {
    return told > 0 ? value : { ...value, _version: versionOf(index, id, -told, ids) }
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, versioned(each, ids)]),
  )
}

/** What was found may have been replaced since, or deleted. */
function versionOf(index: string, id: string, seq: number, ids: IdTable): number {
  const known = ids.get(index, id)
  if (!known) return 1
  return known.seq === seq ? known.version : Math.max(1, known.version - 1)
}
