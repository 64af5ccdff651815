import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { endpoints } from '../../errors/api/endpoints.ts'
import type { JsonValue } from '../../store/search.ts'
import { eventIdOf, plant } from '../errors/search/planted.ts'
import { asking } from '../errors/api/asking.ts'
import { eventOf, issueOf } from '../errors/api/made.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3_000)

const planted = () =>
  plant(
    [1, 2, 3].map((id) =>
      issueOf(id, { kept: [eventOf({ release: 'shop@1.0.0', environment: 'prod' })] }),
    ),
  )
let database = planted()
afterAll(() => database.close())

const web = endpoints.filter(({ name }) => name.startsWith('web.'))
const numbers = ['0', '1', '-1', '9'.repeat(15), '9'.repeat(30), '1e9', 'NaN', '1.5']
const words = [
  ...numbers,
  '',
  'shop',
  'weir',
  'SHOP-1',
  'SHOP-ZZZZZZZZZZ',
  eventIdOf(1, 0),
  'latest',
  'none',
  '__proto__',
  'constructor',
  'level',
  "' or 1=1 --",
  '%',
  '\0',
  'é',
  '\ud800',
  '[]',
  '{}',
  'shop@1.0.0',
  '24h',
  '0h',
  '999999w',
  '1h',
  'count()',
  'id',
  'title',
  'is:unresolved',
  '(',
  '"',
  'a OR',
  'release:>1',
  'timesSeen:>1e400',
  'firstSeen:-999999w',
  'has:__proto__',
  '2026-02-30',
  '9999-12-31T23:59:59Z',
  'sum(quantity)',
  'sum(session)',
  'outcome',
  'release',
  '1:2:0',
  '-1:0:1',
  '9999999999999999:9999999999999999:0',
]
const word = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 20 }))
const names =
  'query sort cursor limit per_page statsPeriod start end environment project status id field groupBy interval yAxis topEvents full visibility stat resolution since until shortIdLookup groupStatsPeriod category dataset'.split(
    ' ',
  )
const query = fc.array(fc.tuple(fc.constantFrom(...names), word), { maxLength: 6 })
const body = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.dictionary(
    fc.constantFrom(
      'status',
      'statusDetails',
      'assignedTo',
      'isBookmarked',
      'priority',
      'merge',
      'text',
      'ignoreCount',
      'substatus',
      '__proto__',
    ),
    fc.oneof(
      fc.constantFrom('resolved', 'ignored', 'unresolved', 'high', true, false, null, 1, -1, 1e300),
      fc.jsonValue({ maxDepth: 1 }),
    ),
  ),
  fc.constant({
    status: 'ignored',
    statusDetails: { ignoreCount: 1e308, ignoreUntil: '9999-12-31' },
  }),
)

test('whatever is asked is answered, or refused with what is wrong', async () => {
  let runs = 0
  const statuses: Record<number, number> = {}
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...web),
      fc.array(word, { minLength: 6, maxLength: 6 }),
      query,
      body,
      async (endpoint, path, pairs, given) => {
        // Deleting leaves nothing to ask.
        if (++runs % 200 === 0) {
          database.close()
          database = planted()
        }
        let place = 0
        const filled = endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => {
          const text = name === 'organization' ? 'weir' : path[place++]!
          return encodeURIComponent(text.toWellFormed()) || '1'
        })
        const asked = new URLSearchParams()
        for (const [name, value] of pairs) asked.append(name, value.toWellFormed())
        const answer = await asking(database)(
          endpoint.method,
          `${filled}?${asked}`,
          given as JsonValue,
        )
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        expect(answer.status).toBeLessThan(500)
        if (answer.status >= 400)
          expect(answer.body).toEqual({ detail: expect.any(String) as string })
        // Both go through JSON.
        expect(JSON.parse(JSON.stringify(answer.body))).toEqual(answer.body)
      },
    ),
    { numRuns },
  )
  // Neither everything nor nothing is refused.
  for (const status of [200, 400, 404]) expect(statuses[status]).toBeGreaterThan(numRuns / 50)
})
