import { SearchError } from '../search.ts'

/** Names that Weir's own streams have, which are data streams though no template says so. */
export const weirStream = /^(logs|metrics|errors|traces)-[^-]+-.+$/

/** @throws SearchError 400 invalid_index_name_exception, in Elasticsearch's words. */
export function checkIndexName(name: string): void {
  const fault = faultOf(name)
  if (fault === undefined) return
  throw new SearchError(
    400,
    'invalid_index_name_exception',
    `Invalid index name [${name}], ${fault}`,
    {
      index_uuid: '_na_',
      index: name,
    },
  )
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'must not be empty'
  // eslint-disable-next-line no-control-regex
  if (/[\\/*?"<>| ,\u0000-\u001f\u007f]/.test(name)) {
    return `must not contain the following characters [' ','"','*',',','/','<','>','?','\\','|']`
  }
  if (name.includes('#')) return "must not contain '#'"
  if (name.includes(':')) return "must not contain ':'"
  if (/^[_\-+]/.test(name)) return "must not start with '_', '-', or '+'"
  if (name === '.' || name === '..') return "must not be '.' or '..'"
  if (name !== name.toLowerCase()) return 'must be lowercase'
  if (!name.isWellFormed()) return 'must be valid Unicode'
  if (Buffer.byteLength(name) > 255) return 'index name is too long, (255 bytes at most)'
  return undefined
}
