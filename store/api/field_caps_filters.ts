import type { JsonRecord } from '../search.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { isRecord } from './request_body.ts'

const known = ['+metadata', '-metadata', '-parent', '-nested', '-multifield']

/**
 * The `fields` of a `_field_caps` answer that `filters` and `types` let through.
 *
 * @param multiFields names of fields that are other readings of a field, such as `title.raw`.
 * @throws SearchError on a filter that Elasticsearch has not either
 */
export function filteredFields(
  fields: JsonRecord,
  { filters, types }: { readonly filters: readonly string[]; readonly types: readonly string[] },
  multiFields: ReadonlySet<string>,
): JsonRecord {
  const wanted = filters.map((each) => each.trim())
  const unknown = wanted.find((each) => !known.includes(each))
  if (unknown !== undefined) throw illegalArgument(`Unknown field caps filter [${unknown}]`)
  const lets = (name: string, type: string, caps: JsonRecord) => {
    const isMetadata = caps['metadata_field'] === true
    if (wanted.includes('+metadata') && !isMetadata) return false
    if (wanted.includes('-metadata') && isMetadata) return false
    if (wanted.includes('-parent') && type === 'object') return false
    if (wanted.includes('-multifield') && multiFields.has(name)) return false
    return types.length === 0 || types.includes(type)
  }
  const kept = Object.entries(fields).map(([name, byType]) => {
    const left = Object.entries(byType as JsonRecord).filter(
      ([type, caps]) => isRecord(caps) && lets(name, type, caps),
    )
    return [name, Object.fromEntries(left)] as const
  })
  return Object.fromEntries(kept.filter(([, byType]) => Object.keys(byType).length > 0))
}
