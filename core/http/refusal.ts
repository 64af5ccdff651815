import { WeirError, type ErrorCode } from '../errors.ts'

/** A request that is answered with an error: its status, a code for programs, a text for people. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** The body of every error that the HTTP port answers: `{"error":{"code":…,"message":…}}`. */
export function errorBody(code: string, message: string) {
  return { error: { code, message } }
}

const statuses: Partial<Record<ErrorCode, number>> = {
  WEIR_REQUEST_INVALID: 400,
  WEIR_REQUEST_FORBIDDEN: 403,
  WEIR_REQUEST_TOO_LARGE: 413,
  // The sender keeps what it has and tries again.
  WEIR_JOURNAL_CLOSED: 503,
  WEIR_NOT_RUNNING: 503,
  WEIR_WORKER_DIED: 503,
}

/**
 * How anything thrown while answering is told to the client; undefined when it is our own mistake,
 * of which the client learns nothing but 500.
 */
export function refusalOf(failure: unknown): Refusal | undefined {
  if (failure instanceof Refusal) return failure
  if (failure instanceof WeirError) {
    const status = statuses[failure.code]
    if (status === undefined) return undefined
    const code = failure.code.replace(/^WEIR_/, '').toLowerCase()
    return new Refusal(status, code, failure.message, status === 503 ? { 'retry-after': '1' } : {})
  }
  // Fastify's own errors: a path that does not decode, a content length that lies.
  const { code, statusCode, message } = failure as Partial<Record<string, unknown>>
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Refusal(415, 'bad_content', 'Content-Type has to be type/subtype, or left out')
  }
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined
  return new Refusal(statusCode, 'bad_request', String(message))
}
