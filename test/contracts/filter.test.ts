/** docs/CONTRACTS.md, Filter: over every filter, with its defaults and as its example has it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Event } from '../../collector/event.ts'
import { filters } from '../../collector/filters/all.ts'
import type { FilterContext } from '../../collector/filter.ts'
import { Refusal } from '../../collector/parser.ts'
import { reasons } from '../../core/reasons.ts'
import { textOf } from '../source_files.ts'

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 3000)
const context = { clock: { now: () => 0 }, hostname: 'web-1' } as FilterContext
const time = '2026-01-02T03:04:05.678901Z'

/** The filters of an example, `$${` read as the config's loader reads it. */
function exampleOf(type: string): { type: string }[] {
  const text = textOf(`examples/filter-${type}.yaml`).replaceAll('$${', '${')
  const { collector } = parse(text) as { collector: { filters: { type: string }[] } }
  return collector.filters.filter((filter) => filter.type === type)
}

const field = fc.oneof(
  fc.constantFrom('message', 'log', 'level', 'url', 'path', 'service', 'name', 'msg', 'user'),
  fc.constantFrom('service.name', 'url.path', 'log.level', '__proto__', 'constructor', 'toString'),
  fc.string({ maxLength: 4 }),
)
const { object } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.string(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(field, tie('value'), { maxKeys: 5, noNullPrototype: true }),
}))
const eventText = object.map((fields) => JSON.stringify({ '@timestamp': time, ...fields }))
const tags = fc.constantFrom('app', 'shop.web', 'nginx.access.x', '')

describe.each(filters.types)('filter %s', (type) => {
  const examples = exampleOf(type).map((config) => filters.schema.parse(config))
  // Some do nothing by their defaults, and are refused.
  const bare = filters.schema.safeParse({ type })
  const configs = bare.success ? [bare.data, ...examples] : examples

  test('has an example', () => expect(examples.length).toBeGreaterThan(0))

  test.each(configs)('does not throw and keeps the time: %j', (config) => {
    const filter = filters.create(config, context)
    fc.assert(
      fc.property(eventText, tags, (text, tag) => {
        const result = filter.apply(JSON.parse(text) as Event, tag)
        if (result === null) return
        if (result instanceof Refusal) {
          expect(reasons).toHaveProperty(result.reason)
          expect(result.detail).not.toBe('')
          return
        }
        expect(result['@timestamp']).toBe(time)
      }),
      { numRuns },
    )
  })

  test.each(configs)('gives the same for the same event, whatever came before: %j', (config) => {
    const used = filters.create(config, context)
    fc.assert(
      fc.property(eventText, tags, (text, tag) => {
        const before = used.apply(JSON.parse(text) as Event, tag)
        spoil(before)
        const again = JSON.stringify(used.apply(JSON.parse(text) as Event, tag))
        const fresh = filters.create(config, context).apply(JSON.parse(text) as Event, tag)
        expect(again).toBe(JSON.stringify(fresh))
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    )
  })
})

/** Changes every object in a result, which nothing else may hold. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  for (const inner of Object.values(value)) spoil(inner)
  if (!(value instanceof Refusal)) Object.assign(value, { spoilt: true })
}
