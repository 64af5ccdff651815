import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Rule } from '../../errors/alerts/config.ts'
import { Planner } from '../../errors/alerts/plan.ts'
import {
  errorsDatabase,
  happen,
  numberOf,
  rulesOf,
  slugs,
  toldIn,
} from '../errors/alerts/database.ts'

const minute = 60_000
const hour = 60 * minute
const startMs = Date.parse('2026-02-01T12:00:00Z')
const bounds = { waitingMax: 1000, keptMs: 30 * 24 * hour }

test('never more than the cap, and everything is told, collected or counted', () => {
  const moments = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 90 * minute }),
      issues: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 15 }),
    }),
    { maxLength: 25 },
  )
  const ruleOf = fc.record({
    max_per_hour: fc.integer({ min: 1, max: 5 }),
    cooldown: fc.constantFrom('0s' as string, '1m', '40m'),
    digest: fc.constantFrom('0s' as string, '5m', '2h'),
    quiet_hours: fc.constantFrom(undefined, { from: '13:00', to: '15:30' }),
  })
  fc.assert(
    fc.property(moments, ruleOf, (steps, given) => {
      const [rule] = rulesOf({ when: 'new_issue', to: ['ops'], ...given }) as [Rule]
      const database = errorsDatabase()
      const planner = new Planner(database, bounds)
      let nowMs = startMs
      let happened = 0
      for (const { afterMs, issues } of steps) {
        nowMs += afterMs
        happen(database, ...issues.map((issue) => ({ issue })))
        happened += issues.length
        planner.plan([rule], slugs, nowMs)
      }
      const told = toldIn(database)
      for (const { createdMs } of told) {
        const inHour = told.filter(
          (other) => other.createdMs <= createdMs && other.createdMs > createdMs - hour,
        )
        expect(inHour.length).toBeLessThanOrEqual(rule.max_per_hour)
      }
      const toldCount = told.reduce((sum, { count }) => sum + count, 0)
      const waiting = numberOf(database, 'select count(*) as n from alert_notices')
      const held = numberOf(database, 'select sum(suppressed) as n from alert_rules') || 0
      expect(toldCount + waiting + held).toBe(happened)
      // What is held back is said in a message, or will be.
      const said = told.reduce(
        (sum, { suppressed }) => sum + suppressed.byCap + suppressed.byCooldown,
        0,
      )
      const unsaid = numberOf(database, 'select sum(capped + cooled) as n from alert_rules') || 0
      expect(said + unsaid).toBe(held)
      database.close()
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 200) },
  )
})
