import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstByTime, type Look } from '../../../../store/embedded/ask/first_by_time.ts'
import type { ByTime, TimeBounds } from '../../../../store/embedded/ask/time_spans.ts'
import { sql, type Sql } from '../../../../store/embedded/sql.ts'

/** A file of rows by their times in milliseconds; null for none. */
type File = readonly (number | null)[]
/** As if each were so many. */
const weight = 300_000n

/** Looks that answer from `files` alone what lies within the bounds that stand in their condition. */
function world(files: readonly File[], descending: boolean) {
  const looks: { files: number; rows: number }[] = []
  const given = new Map<Sql, readonly File[]>()
  const byTime: ByTime = {
    spans: files.flatMap((file) => {
      const times = file.filter((time) => time !== null)
      if (times.length === 0) return []
      const micros = times.map((time) => BigInt(time) * 1000n)
      const [minMicros, maxMicros] = [least(micros), -least(micros.map((each) => -each))]
      return [{ minMicros, maxMicros, rows: times.length * Number(weight) }]
    }),
    untimed: files.flat().includes(null),
    within(bounds: TimeBounds, untimed) {
      const some = files.filter((file) => {
        return file.some((time) => (time === null ? untimed : isWithin(time, bounds)))
      })
      const from = sql`files`
      given.set(from, some)
      return from
    },
  }
  const look: Look = (from, where, most) => {
    const some = given.get(from)!
    const bound = (sign: string) => {
      const [, micros] = new RegExp(`${sign} make_timestamp\\(\\((-?\\d+)`).exec(where.text) ?? []
      return micros === undefined ? undefined : BigInt(micros)
    }
    const [low, high] = [bound('>='), bound('<')]
    const rows = some.flat().filter((time) => {
      if (time === null) return /is null|^\(?true/.test(where.text)
      return isWithin(time, {
        ...(low !== undefined && { from: low }),
        ...(high !== undefined && { to: high }),
      })
    })
    looks.push({ files: some.length, rows: rows.length })
    return Promise.resolve(
      sorted(rows, descending)
        .slice(0, most)
        .map((time) => ({ time })),
    )
  }
  return { byTime, look, looks }
}

const least = (all: readonly bigint[]) => all.reduce((a, b) => (a < b ? a : b))
const isWithin = (time: number, { from, to }: TimeBounds) => {
  const micros = BigInt(time) * 1000n
  return (from === undefined || micros >= from) && (to === undefined || micros < to)
}
const sorted = (times: readonly (number | null)[], descending: boolean) =>
  times.toSorted((a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    return descending ? b - a : a - b
  })

const day = [0, 10, 20, 30].map((from) => Array.from({ length: 10 }, (_, at) => from + at))

test('files are read only as far as it takes, and each once', async () => {
  const { byTime, look, looks } = world(day, true)
  const found = await firstByTime(byTime, true, 3, look)
  expect(found.map(({ time }) => time)).toEqual([39, 38, 37])
  expect(looks).toEqual([{ files: 1, rows: 10 }])

  const all = world(day, false)
  await firstByTime(all.byTime, false, 1_000, all.look)
  expect(all.looks.map(({ rows }) => rows).reduce((a, b) => a + b)).toBe(40)
})

test('whatever the files overlap, the rows are the first in order', async () => {
  const time = fc.option(fc.integer({ min: -50, max: 50 }), { freq: 10 })
  const files = fc.array(fc.array(time, { minLength: 1, maxLength: 12 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(files, fc.boolean(), fc.nat(40), async (given, descending, wanted) => {
      const { byTime, look } = world(given, descending)
      const found = await firstByTime(byTime, descending, wanted + 1, look)
      const all = sorted(given.flat(), descending).slice(0, wanted + 1)
      expect(found.map((row) => row['time'])).toEqual(all)
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 200) },
  )
})
