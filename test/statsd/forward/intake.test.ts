import { describe, expect, test } from 'vitest'
import type { Batch, Position } from '../../../core/journal/batch.ts'
import { FlushIntake, type TakenPiece } from '../../../statsd/forward/intake.ts'

const instance = '01JD0000000000000000000000'
const at = '2026-11-21T10:17:30.000Z'
const later = '2026-11-21T10:17:40.000Z'
const header = (flush: number, piece = 0, time = at) =>
  JSON.stringify({ '@timestamp': time, instance, flush, piece })
const counter = (series = 'a') =>
  JSON.stringify({ '@timestamp': at, series, type: 'counter', sum: 1, count: 1 })
const body = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''))

/** An intake, and what it made durable. */
function taking(known = new Map<string, Position>()) {
  const kept: Batch[] = []
  const intake = new FlushIntake('metrics-statsd-default', known, async (batches) => {
    kept.push(...batches)
    return 'durable'
  })
  const positions = () => new Map(kept.flatMap(({ positions: own }) => Object.entries(own ?? {})))
  return { intake, kept, positions }
}
const text = ({ bytes }: Batch) => Buffer.from(bytes).toString()

test('a piece is kept with the position that says that it is', async () => {
  const { intake, kept, positions } = taking()
  expect(await intake.take(body(header(7, 1), counter()))).toEqual({ taken: true, refused: [] })
  expect(kept).toHaveLength(1)
  expect(kept[0]).toMatchObject({ tag: 'metric flush forwarded', count: 2 })
  expect(text(kept[0]!)).toBe(`${header(7, 1)}\n${counter()}\n`)
  expect([...positions()]).toEqual([
    [`statsd.forwarded ${instance}`, { flush: 7, piece: 1, at: Date.parse(at) }],
  ])
})

test('one that comes again is acknowledged and not kept again, after a restart too', async () => {
  const first = taking()
  await first.intake.take(body(header(7, 0), counter()))
  await first.intake.take(body(header(7, 1), counter()))
  for (const again of [header(7, 0), header(7, 1), header(6, 5)]) {
    expect(await first.intake.take(body(again, counter()))).toMatchObject({ taken: false })
  }
  const second = taking(first.positions() as Map<string, Position>)
  expect(await second.intake.take(body(header(7, 1), counter()))).toMatchObject({ taken: false })
  expect(await second.intake.take(body(header(8), counter()))).toMatchObject({ taken: true })
  expect(second.kept).toHaveLength(1)
})

test('the same piece twice at once is kept once', async () => {
  const { intake, kept } = taking()
  const piece = () => intake.take(body(header(1), counter()))
  const outcomes = await Promise.all([piece(), piece(), piece()])
  expect(outcomes.map(({ taken }: TakenPiece) => taken)).toEqual([true, false, false])
  expect(kept).toHaveLength(1)
})

test('a sender that counts anew, restored from a backup, is heard', async () => {
  const { intake, kept } = taking()
  await intake.take(body(header(100), counter()))
  expect(await intake.take(body(header(50, 0, later), counter()))).toMatchObject({ taken: true })
  expect(kept).toHaveLength(2)
})

test('a clock that was set back does not make what was taken look new', async () => {
  const { intake } = taking()
  await intake.take(body(header(1, 0, later), counter()))
  await intake.take(body(header(2, 0, at), counter()))
  expect(await intake.take(body(header(1, 0, later), counter()))).toMatchObject({ taken: false })
})

test('what cannot be kept is no acknowledgement, and may come again', async () => {
  let full = true
  const intake = new FlushIntake('s', new Map(), async () => (full ? 'dropped' : 'durable'))
  await expect(intake.take(body(header(1), counter()))).rejects.toMatchObject({ status: 503 })
  full = false
  expect(await intake.take(body(header(1), counter()))).toMatchObject({ taken: true })
})

describe('bad input', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['no header', counter()],
    ['no ULID', header(1).replace(instance, 'x')],
    ['a number that is none', header(1).replace('"flush":1', '"flush":-1')],
    ['a year beyond all', header(1).replace('2026', '+012026')],
    ['a list', '[]'],
  ])('%s is no flush', async (_what, line) => {
    const { intake, kept } = taking()
    await expect(intake.take(body(line))).rejects.toThrow(/this is no flush/)
    expect(kept).toEqual([])
  })

  test('what is not UTF-8 is no flush', async () => {
    await expect(taking().intake.take(Buffer.from([0xff, 0x0a]))).rejects.toThrow(/not UTF-8/)
  })

  const line = (fields: object) => JSON.stringify({ '@timestamp': at, series: 'x', ...fields })
  test.each([
    'hello',
    '{}',
    '{"@timestamp":"now","series":"x","type":"counter","sum":1,"count":1}',
    line({ type: 'constructor' }),
    line({ type: 'counter', sum: '1', count: 1 }),
    line({ type: 'counter', sum: 1, count: null }),
    line({ series: 5, type: 'counter', sum: 1, count: 1 }),
    line({ type: 'gauge', last: 1 }),
    line({ type: 'timer', count: 1, up_sampled: 1, values: [1, 'x'] }),
    line({ type: 'timer', count: 1, up_sampled: 1, values: [1], weights: [1, 2] }),
    line({ type: 'timer', count: 1, up_sampled: 1, values: [], beyond: {} }),
    line({ type: 'set', count: 1, members: [1] }),
    line({ type: 'value', value: 1 }),
  ])('%s costs nothing but itself', async (bad) => {
    const { intake, kept } = taking()
    const { refused } = await intake.take(body(header(1), counter('a'), bad, counter('b')))
    expect(refused).toMatchObject([{ line: 3, why: expect.stringMatching(/\w/) }])
    expect(text(kept[0]!)).toBe(`${header(1)}\n${counter('a')}\n${counter('b')}\n`)
  })
})

test('a line has its time first in the journal, however it came', async () => {
  const { intake, kept } = taking()
  const turned = JSON.stringify({
    series: 'a',
    type: 'counter',
    sum: 1,
    count: 1,
    '@timestamp': at,
  })
  await intake.take(body(header(1), turned))
  expect(text(kept[0]!)).toBe(`${header(1)}\n${counter('a')}\n`)
})
