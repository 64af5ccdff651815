import { expect, test } from 'vitest'
import { TransactionUnit } from '../../../errors/digest/transaction_unit.ts'

const bounds = { events: 1000, ms: 2000 }

test('nothing waits for nothing', () => {
  const unit = new TransactionUnit(() => bounds)
  expect([unit.isEmpty, unit.isFull(1e9, 1e9), unit.lingersMs(0)]).toEqual([true, false, Infinity])
})

test.each([
  ['events', 1000, 0, 10],
  ['bytes of lines', 1, 16_000_000, 10],
  ['time', 1, 0, 2010],
])('enough %s fill it', (_, events, bytes, nowMs) => {
  const unit = new TransactionUnit(() => bounds)
  unit.took(events - 1, 10)
  unit.took(1, 20)
  expect(unit.isFull(bytes, nowMs)).toBe(true)
  unit.end()
  expect(unit.isFull(bytes, nowMs)).toBe(false)
})

test('what trickles waits for a fifth of a second, a flood until it is full or over', () => {
  const unit = new TransactionUnit(() => bounds)
  unit.took(1, 100)
  expect(unit.lingersMs(150)).toBe(150)
  unit.took(60, 290)
  expect(unit.lingersMs(290)).toBe(200)
  unit.took(60, 2000)
  expect(unit.lingersMs(2000)).toBe(100)
})
