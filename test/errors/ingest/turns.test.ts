import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../../errors/ingest/turns.ts'
import { acceptorOn, envelopeOf } from './accepted.ts'

test('a burst begins so many at a turn of the loop, in the order in which it came', async () => {
  const turns = new Turns(3)
  const begun: number[] = []
  const all = Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => turns.next().then(() => begun.push(n))))
  expect(begun).toEqual([])
  const seen: number[] = []
  while (begun.length < 7) {
    await setImmediate()
    seen.push(begun.length)
  }
  await all
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(seen).toEqual([3, 6, 7])
  const later = turns.next().then(() => begun.push(8))
  await later
  expect(begun.at(-1)).toBe(8)
})

test('requests of a burst are gathered while others of it wait, and none is forgotten', async () => {
  const acceptor = acceptorOn()
  const answers = Array.from({ length: 20 }, (_, n) =>
    acceptor.post(envelopeOf({}, [{ type: 'event' }, `{"message":"${n}"}`])),
  )
  const gathered: number[] = []
  while (acceptor.reports.length < 20) {
    await setImmediate()
    gathered.push(acceptor.reports.length)
  }
  expect(gathered[0]).toBeGreaterThan(0)
  expect(gathered[0]).toBeLessThan(20)
  for (const { status } of await Promise.all(answers)) expect(status).toBe(200)
})

test('an end waits for what of a burst has not begun', async () => {
  const acceptor = acceptorOn()
  for (let n = 0; n < 20; n++) {
    void acceptor.post(envelopeOf({}, [{ type: 'event' }, `{"message":"${n}"}`]))
  }
  await acceptor.begun()
  await setImmediate()
  expect(acceptor.reports).toHaveLength(20)
})
