import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeriesBudget } from '../../../statsd/tables/series_budget.ts'
import { SeriesKey } from '../../../statsd/tables/series_key.ts'
import { noRow, SeriesTable } from '../../../statsd/tables/series_table.ts'
import { deletedSeries } from '../../../statsd/tables/swapped.ts'
import { KnownNames, ofEachKind, tableLimits } from './aggregated.ts'

const seed = 5
const keyOf = (name: string) => {
  const bytes = Buffer.from(name)
  const key = new SeriesKey(seed, 1024)
  key.set(bytes, 0, bytes.length)
  return key
}
const tableOf = (limits = tableLimits()) => {
  const budget = new SeriesBudget(limits)
  return { budget, table: new SeriesTable('counter', budget, seed) }
}
const namesOf = (swapped: ReturnType<SeriesTable['swap']>, names = new KnownNames()) => {
  const nameOf = names.take('counter', swapped)
  return [...swapped.ids.subarray(0, swapped.rows)].map((id) => nameOf(id))
}

test('series with values have rows in order of arrival; a name crosses once', () => {
  const { table } = tableOf()
  for (const name of ['b', 'a', 'b', 'constructor', '__proto__', 'abcde']) table.row(keyOf(name))
  const names = new KnownNames()
  const first = table.swap(Infinity)
  expect(namesOf(first, names)).toEqual(['b', 'a', 'constructor', '__proto__', 'abcde'])
  expect([...first.counts.subarray(0, first.rows)]).toEqual([2, 1, 1, 1, 1])
  table.row(keyOf('a'))
  const second = table.swap(Infinity)
  expect(second.added.ids).toHaveLength(0)
  expect(namesOf(second, names)).toEqual(['a'])
  expect(table.size).toBe(5)
})

test('keys of the same words and another length are others', () => {
  const { table } = tableOf()
  for (const name of ['a', 'a\0', 'a\0\0', 'a\0\0\0', 'a\0\0\0\0']) table.row(keyOf(name))
  expect(table.swap(Infinity).rows).toBe(5)
})

test('what a limit keeps out is counted by its prefix; old series go on', () => {
  const limits = tableLimits({ maxSeries: 2, maxSeriesOf: ofEachKind(2) })
  const { table, budget } = tableOf(limits)
  for (const name of ['a.x', 'b.x', 'c.x', 'c.y', 'd', 'a.x']) {
    const isIn = name.startsWith('a') || name.startsWith('b')
    expect(table.row(keyOf(name)) === noRow).toBe(!isIn)
  }
  expect(budget.takeDropped()).toEqual([
    { prefix: 'c', kind: 'counter', values: 2 },
    { prefix: 'd', kind: 'counter', values: 1 },
  ])
  expect(budget.takeDropped()).toEqual([])
  table.remove(table.find(keyOf('a.x')))
  table.swap(Infinity)
  expect(table.row(keyOf('e'))).not.toBe(noRow)
})

test('a list of dropped prefixes is bounded', () => {
  const { table, budget } = tableOf(tableLimits({ maxSeries: 0 }))
  for (let i = 0; i < 500; i++) table.row(keyOf(`p${i}.x`))
  const dropped = budget.takeDropped()
  expect(dropped).toHaveLength(101)
  expect(dropped.at(-1)).toEqual({ prefix: '(other)', kind: 'counter', values: 400 })
})

test('an id of a series that was forgotten is free after the swap that says so', () => {
  const { table } = tableOf()
  const row = table.row(keyOf('a'))
  const id = table.ids[row]!
  table.remove(id)
  const again = table.row(keyOf('a'))
  expect(table.ids[again]).not.toBe(id)
  const first = table.swap(Infinity)
  expect(first.ids[row]).toBe(deletedSeries)
  expect([...first.removed]).toEqual([id])
  expect(table.ids[table.row(keyOf('b'))]).toBe(id)
})

test('series without values are forgotten after so many flushes', () => {
  const { table } = tableOf()
  table.row(keyOf('idle'))
  const id = table.find(keyOf('idle'))
  expect([...table.swap(2).removed]).toEqual([])
  table.row(keyOf('busy'))
  expect([...table.swap(2).removed]).toEqual([])
  table.row(keyOf('busy'))
  expect([...table.swap(2).removed]).toEqual([id])
  expect(table.find(keyOf('idle'))).toBe(-1)
})

test('any order of adding, forgetting and swapping keeps each name where it is', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constant('add' as const), fc.nat(60)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('remove' as const), fc.nat(60)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('swap' as const), fc.nat(3)) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const { table } = tableOf()
      const names = new KnownNames()
      const known = new Set<string>()
      let interval: string[] = []
      for (const [what, number] of steps) {
        const name = `name.${'x'.repeat(number % 7)}${number}`
        if (what === 'add') {
          table.row(keyOf(name))
          known.add(name)
          if (!interval.includes(name)) interval.push(name)
        } else if (what === 'remove') {
          const id = table.find(keyOf(name))
          expect(id >= 0).toBe(known.delete(name))
          if (id >= 0) table.remove(id)
          interval = interval.filter((each) => each !== name)
        } else {
          const swapped = table.swap(Infinity)
          const found = namesOf(swapped, names).filter((each) => !each.startsWith('unknown'))
          expect(found).toEqual(interval)
          interval = []
        }
      }
      expect([...table.known()].map((id) => table.nameOf(id)).toSorted()).toEqual(
        [...known].toSorted(),
      )
    }),
    { numRuns: 100 },
  )
})

test('keys that were forgotten give their room back', () => {
  const { table } = tableOf(tableLimits({ maxSeries: 3000 }))
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 1500; i++) table.row(keyOf(`round${round}.name${i}.of.some.length`))
    table.swap(1)
  }
  table.row(keyOf('last'))
  expect(table.size).toBeLessThanOrEqual(1501)
  expect(table.nameOf(table.find(keyOf('last')))).toBe('last')
})
