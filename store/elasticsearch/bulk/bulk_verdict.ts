import { PermanentError, RetryableError, TooLargeError } from '../../../core/errors.ts'
import { PartialDelivery, type Rejected } from '../../../core/delivery/output.ts'
import type { Answer } from '../cluster.ts'

/** What is kept of the answer: a status for each item, in order, and why it failed. */
export const bulkFilter =
  'errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason,items.*.failure_store'

/** A request as its answer is judged by. */
export interface BulkRequest {
  /** Places in the chunk of the events that were sent, in order; undefined when all `count` were. */
  readonly indexes: readonly number[] | undefined
  readonly count: number
  /** A duplicate is a delivery; see Delivery. */
  readonly mayBeKnown: boolean
  /** The index or data stream of the event at a place in the chunk, for what was refused. */
  targetOf(index: number): string
}

interface Item {
  readonly status: number
  readonly error?: { type?: string; reason?: string; caused_by?: { reason?: string } }
  readonly failure_store?: string
}

/**
 * The verdict on each item, design §4: 2xx is done, 409 is done or an alarm, 429 and 5xx remain, any
 * other 4xx is refused for good.
 *
 * @returns what was refused for good, when everything else is delivered.
 * @throws PartialDelivery when something remains; RetryableError, TooLargeError, PermanentError for the
 *   request as a whole.
 */
export function judge(answer: Answer, request: BulkRequest): readonly Rejected[] {
  if (answer.status >= 300) throw requestError(answer)
  if (isAllDelivered(answer.text, request.count)) return []
  const items = itemsOf(answer, request.count)
  const rejected: Rejected[] = []
  const remaining: number[] = []
  let worst: Item | undefined
  for (const [i, item] of items.entries()) {
    const index = request.indexes?.[i] ?? i
    const reason = refusal(item, request.mayBeKnown)
    if (reason === 'retry') {
      remaining.push(index)
      if (item.status >= (worst?.status ?? 0)) worst = item
    } else if (reason !== undefined) {
      rejected.push({ index, reason, detail: detailOf(item), target: request.targetOf(index) })
    }
  }
  if (!worst) return rejected
  // A 429 was never executed. A 5xx may have been on a shard that failed meanwhile.
  throw new PartialDelivery(
    `${answer.host}: ${remaining.length} of ${request.count} events were not taken: ${detailOf(worst)}`,
    { remaining, rejected, fateUnknown: worst.status >= 500, retryAfterMs: retryAfter(answer) },
  )
}

function refusal(item: Item, mayBeKnown: boolean): Rejected['reason'] | 'retry' | undefined {
  const { status } = item
  if (status < 300) return item.failure_store === 'used' ? 'failure_store' : undefined
  if (status === 409) return mayBeKnown ? undefined : 'target_conflict'
  return status === 429 || status >= 500 ? 'retry' : 'target_refused'
}

function detailOf(item: Item): string {
  const { error } = item
  if (!error) return item.failure_store === 'used' ? 'went to the failure store' : `${item.status}`
  const cause = error.caused_by?.reason
  const reasons = [error.reason, cause === error.reason ? undefined : cause]
  return `${item.status} ${error.type ?? 'error'}: ${reasons.filter(Boolean).join(': ')}`.slice(
    0,
    2000,
  )
}

const allDelivered = {
  start: '{"errors":false,"items":[',
  item: '{"create":{"status":201}},',
  end: ']}',
}
/** The answer for as many events as any request had so far, open at its end. */
let longest = allDelivered.start

/**
 * Sees that every item was created by comparing the answer with the only text it then has: parsing takes
 * 20 % of a request's CPU. Servers that write it otherwise are parsed.
 */
function isAllDelivered(text: string, count: number): boolean {
  const { start, item, end } = allDelivered
  const length = start.length + count * item.length - 1
  if (text.length !== length + end.length || !text.endsWith(end)) return false
  if (longest.length <= length) longest = start + item.repeat(count)
  return longest.startsWith(text.slice(0, length))
}

function itemsOf(answer: Answer, count: number): readonly Item[] {
  let items: readonly Item[] | undefined
  try {
    const { items: list } = JSON.parse(answer.text) as { items?: Record<string, Item>[] }
    items = list?.map((item) => Object.values(item)[0]!)
  } catch (failure) {
    throw unreadable(answer, 'its answer to _bulk cannot be read', failure)
  }
  if (items?.length !== count) {
    throw unreadable(answer, `it answered for ${items?.length ?? 0} of ${count} events`)
  }
  if (!items.every((item) => typeof item?.status === 'number')) {
    throw unreadable(answer, 'its answer to _bulk has items without a status')
  }
  return items
}

/** Something was executed, nobody knows what. */
function unreadable(answer: Answer, what: string, cause?: unknown): RetryableError {
  return new RetryableError('WEIR_OUTPUT_UNAVAILABLE', `${answer.host}: ${what}`, {
    fateUnknown: true,
    cause,
  })
}

/** The error for a request that was refused or failed as a whole. */
export function requestError(answer: Answer): Error {
  const { status, host } = answer
  const text = `${host} answered ${status}: ${errorText(answer)}`
  if (status === 413) return new TooLargeError('WEIR_OUTPUT_TOO_LARGE', text)
  if (status === 429 || status >= 500) {
    // A proxy's 5xx says nothing about what the server behind it did. The server's own 503 does: a
    // request is refused before it is executed (cluster blocks, no master).
    const fateUnknown = status >= 500 && !/"status"\s*:\s*503/.test(answer.text)
    const retryAfterMs = retryAfter(answer)
    return new RetryableError('WEIR_OUTPUT_UNAVAILABLE', text, { retryAfterMs, fateUnknown })
  }
  return new PermanentError('WEIR_OUTPUT_REFUSED', text)
}

/** Type and reason of Elasticsearch's error shape, or the beginning of whatever it is. */
export function errorText(answer: Answer): string {
  try {
    const { error } = JSON.parse(answer.text) as {
      error?: string | { type?: string; reason?: string; caused_by?: { reason?: string } }
    }
    if (typeof error === 'string') return error
    if (error?.reason) {
      const cause = error.caused_by?.reason
      return `${error.type}: ${error.reason}${cause ? ` (${cause})` : ''}`.slice(0, 2000)
    }
  } catch {
    // A proxy answers HTML.
  }
  return answer.text.replaceAll(/\s+/g, ' ').slice(0, 200) || 'no text'
}

/**
 * `Retry-After` (RFC 9110 §10.2.3) in milliseconds, at most an hour. It is seconds, or a date: that is
 * compared with the answer's own, so that it does not matter whether the two clocks agree.
 */
function retryAfter(answer: Answer): number | undefined {
  const value = answer.headers['retry-after']
  if (typeof value !== 'string') return undefined
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - Date.parse(String(answer.headers['date']))
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : undefined
}
