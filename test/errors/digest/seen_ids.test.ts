import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeenIds } from '../../../errors/digest/seen_ids.ts'
import { eventIdOf, openMemory } from './setup.ts'

test('an id is new once, also after a start, as long as it is within the last half of what is remembered', () => {
  const max = 1000
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(3000), { maxLength: 200 }), { maxLength: 8 }),
      (batches) => {
        const database = openMemory()
        const order: number[] = []
        for (const batch of batches) {
          // Each batch is digested by another run.
          const seen = new SeenIds(database, max)
          for (const id of batch) {
            const recent = order.slice(-max / 2)
            const isNew = seen.isNew(1, eventIdOf(id))
            if (recent.includes(id)) expect(isNew).toBe(false)
            if (!order.includes(id)) expect(isNew).toBe(true)
            if (isNew) order.push(id)
          }
          seen.save(0)
        }
        database.close()
      },
    ),
    { numRuns: 30 },
  )
})

test('projects have ids of their own, and what is forgotten is gone from the database', () => {
  const database = openMemory()
  const seen = new SeenIds(database, 100)
  expect(seen.isNew(1, eventIdOf(1))).toBe(true)
  expect(seen.isNew(2 ** 40, eventIdOf(1))).toBe(true)
  expect(seen.isNew(1, eventIdOf(1))).toBe(false)
  for (let batch = 0; batch < 100; batch++) {
    for (let at = 0; at < 10; at++) seen.isNew(1, eventIdOf(1000 + batch * 10 + at))
    seen.save(0)
  }
  const [row] = database.prepare('select count(*) as n from seen').all()
  expect(Number(row!['n'])).toBeLessThanOrEqual(12)
})
