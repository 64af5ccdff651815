import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { conditionOf } from '../../errors/search/condition.ts'
import { keptEventsOf } from '../../errors/search/kept_events.ts'
import { parseSearch } from '../../errors/search/parse_search.ts'
import { eventOf, issueOf } from '../errors/api/made.ts'
import { plant } from '../errors/search/planted.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1_000)

const database = plant([issueOf(1, { kept: [eventOf({ release: 'shop@1.0.0' })] })])
afterAll(() => database.close())
const scope = {
  database,
  projects: new Map([['shop', 1]]),
  actor: 'ana',
  nowMs: Date.parse('2026-02-01T12:00:00Z'),
  issuesWith: keptEventsOf(database, () => {}, { found: 20_000, read: 1_000 }),
}

test('whatever words are asked, they are looked for', () => {
  const unit = fc.constantFrom('grapheme', 'binary') as fc.Arbitrary<'grapheme' | 'binary'>
  const words = unit.chain((kind) => fc.string({ unit: kind, maxLength: 30 }))
  const key = fc.constantFrom('', 'stack.function:', 'error.value:', 'user.email:')
  fc.assert(
    fc.property(words, key, (text, name) => {
      const search = parseSearch(`${name}"${text.replaceAll(/[\\"]/g, '\\$&')}"`)
      const { sql, values } = conditionOf(search, scope)
      const find = database.prepare(`select i.id from issues i where ${sql}`)
      expect(() => find.all(...values)).not.toThrow()
    }),
    { numRuns },
  )
})
