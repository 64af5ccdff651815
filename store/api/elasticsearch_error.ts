import { WeirError } from '../../core/errors.ts'
import { Refusal, refusalOf } from '../../core/http/refusal.ts'
import { SearchError, type JsonRecord } from '../search.ts'

/** An error as Elasticsearch answers it. */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonRecord
}

export const illegalArgument = (reason: string, details?: JsonRecord): SearchError =>
  new SearchError(400, 'illegal_argument_exception', reason, details)

export const indexNotFound = (index: string): SearchError =>
  new SearchError(404, 'index_not_found_exception', `no such index [${index}]`, {
    'resource.type': 'index_or_alias',
    'resource.id': index,
    index_uuid: '_na_',
    index,
  })

/** The error object of one item or one search among several. */
export function causeOf(failure: unknown): { status: number; error: JsonRecord } {
  const { status, body } = errorAnswer(failure)
  return { status, error: body['error'] as JsonRecord }
}

/** Whatever was thrown while a request was answered, in Elasticsearch's shape. */
export function errorAnswer(failure: unknown): ErrorAnswer {
  if (failure instanceof SearchError) return answerOf(failure)
  const refusal = refusalOf(failure)
  if (refusal) return ofRefusal(refusal)
  if (failure instanceof WeirError) {
    return answerOf(new SearchError(503, 'unavailable_exception', failure.message))
  }
  return answerOf(new SearchError(500, 'exception', 'this is a mistake in Weir: see its log'))
}

/** Whether the log should tell of it. */
export const isMistake = (failure: unknown): boolean =>
  !(failure instanceof SearchError) &&
  !(failure instanceof WeirError) &&
  refusalOf(failure) === undefined

const answerOf = (error: SearchError, headers: Record<string, string> = {}): ErrorAnswer => ({
  status: error.status,
  headers,
  body: error.toJSON(),
})

const challenges = ['Basic realm="security", charset="UTF-8"', 'ApiKey']

function ofRefusal({ status, code, message, headers }: Refusal): ErrorAnswer {
  if (status === 401) {
    const header = { 'WWW-Authenticate': challenges }
    const error = new SearchError(401, 'security_exception', message, { header })
    return answerOf(error, { 'www-authenticate': challenges.join(', ') })
  }
  if (status === 403) return answerOf(new SearchError(403, 'security_exception', message))
  // Shippers send a 429 again, item by item; Elasticsearch's queues answer the same.
  if (code === 'too_much_under_way') {
    return answerOf(new SearchError(429, 'es_rejected_execution_exception', message), headers)
  }
  const types: Readonly<Record<number, string>> = {
    413: 'content_too_long_exception',
    415: 'media_type_header_exception',
    503: 'unavailable_exception',
  }
  return answerOf(
    new SearchError(status, types[status] ?? 'illegal_argument_exception', message),
    headers,
  )
}
