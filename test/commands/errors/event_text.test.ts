import { expect, test } from 'vitest'
import { eventText } from '../../../commands/errors/event_text.ts'

test('what a program added as extra and contexts is shown', () => {
  const told = eventText({
    context: { order: 5, cart: { items: [1] }, note: 'a\nb\u001b[31m', none: null },
    contexts: { os: { type: 'os', name: 'Linux' }, payment: { provider: 'x' } },
  })
  expect(told).toContain('\nExtra\n  order: 5\n  cart: {"items":[1]}\n  note: a')
  expect(told).toContain('\nContexts\n  os.name: Linux\n  payment.provider: x')
  expect(told).not.toMatch(/\u001b|none|type/)
  expect(told.split('\n').filter((line) => line.startsWith('b'))).toEqual([])
})

test('much of it is cut short, and what is left out is counted', () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key${i}`, i]))
  const told = eventText({ context: { ...many, key0: 'x'.repeat(10_000) } })
  expect(told).toContain(`key0: ${'x'.repeat(500)}…\n`)
  expect(told).toContain('key49: 49\n  and 10 more: --json shows all')
})

test('without any there is no heading', () => {
  expect(eventText({ context: {}, contexts: {} })).not.toMatch(/Extra|Contexts/)
})
