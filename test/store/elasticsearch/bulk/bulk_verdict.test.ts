import { describe, expect, it } from 'vitest'
import { PermanentError, RetryableError, TooLargeError } from '../../../../core/errors.ts'
import { judge } from '../../../../store/elasticsearch/bulk/bulk_verdict.ts'
import { PartialDelivery } from '../../../../core/delivery/output.ts'

const answer = (body: unknown, status = 200, headers: Record<string, string> = {}) => ({
  status,
  headers,
  host: 'http://es:9200',
  text: typeof body === 'string' ? body : JSON.stringify(body),
})
const request = (count: number, mayBeKnown = false, indexes?: readonly number[]) => ({
  count,
  mayBeKnown,
  indexes,
  targetOf: () => 'logs-app-default',
})
const items = (...statuses: (number | object)[]) => ({
  errors: statuses.some((status) => status !== 201),
  items: statuses.map((status) => ({
    create: typeof status === 'number' ? { status } : status,
  })),
})
function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (failure) {
    return failure
  }
  throw new Error('nothing was thrown')
}

describe('the verdict on a bulk answer', () => {
  it('is delivered when every item is', () => {
    expect(judge(answer(items(201, 201, 200)), request(3))).toEqual([])
    for (const count of [1, 3, 2]) {
      const all = items(...Array.from({ length: count }, () => 201))
      expect(judge(answer(all), request(count))).toEqual([])
      expect(judge(answer({ took: 1, ...all }), request(count))).toEqual([])
      const one = JSON.stringify(all).replace('201', '409')
      expect(judge(answer(one), request(count))).toHaveLength(1)
    }
  })

  it('refuses 4xx items for good, with what the server said', () => {
    const error = { type: 'mapper_parsing_exception', reason: 'no', caused_by: { reason: 'why' } }
    const rejected = judge(answer(items(201, { status: 400, error })), request(2))
    expect(rejected).toEqual([
      {
        index: 1,
        reason: 'target_refused',
        detail: '400 mapper_parsing_exception: no: why',
        target: 'logs-app-default',
      },
    ])
  })

  it('takes a 409 for delivered only when the event may be known', () => {
    expect(judge(answer(items(409, 201)), request(2, true))).toEqual([])
    expect(judge(answer(items(409, 201)), request(2))[0]).toMatchObject({
      index: 0,
      reason: 'target_conflict',
    })
  })

  it('tells what remains and what was refused in one', () => {
    const failure = thrownBy(() =>
      judge(answer(items(429, 201, 400, 429)), request(4, false, [3, 5, 7, 9])),
    )
    expect(failure).toBeInstanceOf(PartialDelivery)
    expect(failure).toMatchObject({ remaining: [3, 9], fateUnknown: false })
    expect(failure).toMatchObject({ rejected: [{ index: 7, reason: 'target_refused' }] })
  })

  it('knows that a 5xx item may have been executed', () => {
    const failure = thrownBy(() => judge(answer(items(429, 503)), request(2)))
    expect(failure).toMatchObject({ remaining: [0, 1], fateUnknown: true })
  })

  it('counts the failure store as refused', () => {
    const body = { errors: false, items: [{ create: { status: 201, failure_store: 'used' } }] }
    expect(judge(answer(body), request(1))[0]?.reason).toBe('failure_store')
  })

  it.each([
    ['cut short', JSON.stringify(items(201, 201)).slice(0, 30)],
    ['an item too few', items(201)],
    ['an item too many', items(201, 201, 201)],
    ['no JSON', '<html>'],
    ['no items', { errors: false }],
    ['items without status', { errors: true, items: [{ create: {} }, { create: {} }] }],
  ])('does not believe an answer with %s', (_, body) => {
    const failure = thrownBy(() => judge(answer(body), request(2)))
    expect(failure).toBeInstanceOf(RetryableError)
    expect(failure).toMatchObject({ fateUnknown: true, remaining: undefined })
  })

  it.each([
    [429, '', RetryableError, false],
    [500, '{}', RetryableError, true],
    [502, '<html>', RetryableError, true],
    [503, '{"error":{},"status":503}', RetryableError, false],
    [503, 'upstream reset', RetryableError, true],
    [504, '', RetryableError, true],
    [413, '', TooLargeError, undefined],
    [400, '', PermanentError, undefined],
    [401, '', PermanentError, undefined],
    [403, '', PermanentError, undefined],
    [404, '', PermanentError, undefined],
    [302, '', PermanentError, undefined],
  ])('judges a whole request answered %i %j', (status, body, kind, fateUnknown) => {
    const failure = thrownBy(() => judge(answer(body, status), request(2)))
    expect(failure).toBeInstanceOf(kind)
    if (fateUnknown !== undefined) expect(failure).toMatchObject({ fateUnknown })
    expect(String(failure)).toContain(`http://es:9200 answered ${status}`)
  })

  it('hands on Retry-After in seconds and as a date', () => {
    const date = 'Thu, 01 Jan 1970 00:00:10 GMT'
    const after = (value: string) =>
      thrownBy(() => judge(answer('', 429, { 'retry-after': value, date }), request(1)))
    expect(after('7')).toMatchObject({ retryAfterMs: 7000 })
    expect(after('Thu, 01 Jan 1970 00:00:00 GMT')).toMatchObject({ retryAfterMs: 0 })
    expect(after('Thu, 01 Jan 1970 00:00:13 GMT')).toMatchObject({ retryAfterMs: 3000 })
    expect(after('soon')).toMatchObject({ retryAfterMs: undefined })
  })
})
