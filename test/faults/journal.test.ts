import { expect, test } from 'vitest'
import { Scenario } from '../core/journal/scenario.ts'

/** A life of a journal that comes by every kind of write: segments roll, readers go on, two restarts. */
const life: readonly ((scenario: Scenario) => void | Promise<unknown>)[] = [
  (s) => s.start(),
  (s) => s.openReader('out'),
  (s) => tell(s, 0, [2, 3], 'a'),
  (s) => tell(s, 1, [1], 'b'),
  (s) => s.read('out'),
  (s) => tell(s, 0, [10, 10], 'a'),
  (s) => tell(s, 0, [0], 'a'),
  (s) => wait(s),
  (s) => s.read('out'),
  (s) => s.done('out', 1),
  (s) => tell(s, 0, [20], 'a'),
  (s) => wait(s),
  (s) => s.done('out', 0),
  (s) => s.read('out', 5000),
  (s) => s.done('out', 0),
  (s) => tell(s, 1, [3], 'a'),
  async (s) => {
    await s.stop()
    await s.start()
  },
  (s) => tell(s, 0, [2, 2], 'b'),
  (s) => tell(s, 0, [9], 'a'),
  (s) => wait(s),
  (s) => s.read('out'),
  (s) => s.seekToStart('out'),
  (s) => tell(s, 0, [15, 3], 'a'),
  async (s) => {
    s.end('kill')
    await s.start()
  },
  (s) => tell(s, 1, [20], 'a'),
  (s) => wait(s),
  (s) => s.read('out', 5000),
  (s) => s.done('out', 0),
  (s) => s.read('out', 5000),
]

/** Each life is lived for every change that it makes to the disk. */
const seeds = process.env['FUZZ_RUNS'] ? 10 : 1

test.each(['ENOSPC', 'EIO', 'EROFS'] as const)(
  'each change of the disk fails once in turn (%s): nothing is lost or doubled',
  async (code) => {
    for (let seed = 1; seed <= seeds; seed++) {
      for (let at = 1, reached = true; reached; at++) {
        const scenario = new Scenario(seed, 2, {})
        scenario.disk.fail = ({ number }) => (number === at ? code : undefined)
        await named(`seed ${seed}, call ${at}`, async () => {
          for (const step of life) await step(scenario)
          reached = scenario.disk.calls >= at
          await scenario.finish()
        })
      }
    }
  },
)

test('each change of the disk is the last before a power cut, in turn', async () => {
  for (let seed = 1; seed <= 3 * seeds; seed++) {
    for (let at = 1, reached = true; reached; at++) {
      await named(`seed ${seed}, call ${at}`, async () => {
        reached = await livesThrough(new Scenario(seed, 2, {}), at)
      })
    }
  }
})

test('the same with a disk that fails before the power cut, and keeps failing until then', async () => {
  for (let seed = 1; seed <= 2 * seeds; seed++) {
    for (let at = 1, reached = true; reached; at++) {
      await named(`seed ${seed}, call ${at}`, async () => {
        reached = await livesThrough(new Scenario(seed, 2, {}), at, 1 + (at % 7))
      })
    }
  }
})

/** @returns whether there was an `at`th call. */
async function livesThrough(scenario: Scenario, at: number, failing = 0): Promise<boolean> {
  const { disk } = scenario
  let cut = Promise.withResolvers<void>()
  let isCut = false
  disk.fail = ({ number }) => {
    if (number === at) {
      scenario.end('crash')
      isCut = true
      cut.resolve()
    }
    return number < at && number >= at - failing ? 'EIO' : undefined
  }
  for (const step of life) {
    await Promise.race([step(scenario), cut.promise])
    if (!isCut) continue
    isCut = false
    cut = Promise.withResolvers()
    await scenario.start()
  }
  const reached = disk.calls >= at
  await scenario.finish()
  return reached
}

test('a bit that turns costs its batch, counted, and nothing else', async () => {
  const { scenario, events } = await filled()
  // What the process wrote itself a moment ago it does not check.
  scenario.end('kill')
  scenario.disk.rot(events, 40)
  await scenario.start()
  const numbers = await rest(scenario)
  // The first append of [3, 4]: its first batch is gone.
  expect(numbers).toEqual(range(3, 27))
  expect(scenario.counts.get('reader.out corrupt')).toBe(3)
})

test('a bit that turns in an index costs the batch of its line, counted', async () => {
  const { scenario, events } = await filled()
  const index = events.replace('ndjson', 'index')
  const text = scenario.disk.files.get(index)!.toString()
  // The second batch, of four lines.
  scenario.disk.rot(index, text.indexOf('"ordinal":3'))
  const numbers = await rest(scenario)
  expect(numbers).toEqual([...range(0, 3), ...range(7, 27)])
  expect(scenario.counts.get('reader.out corrupt')).toBe(4)
})

test('damage in what was durable is kept apart from a torn tail, and positions hold', async () => {
  const { scenario, events } = await filled()
  scenario.end('kill')
  scenario.disk.rot(events, 40)
  const index = events.replace('ndjson', 'index')
  // The first line, and that of the second batch.
  const text = scenario.disk.files.get(index)!.toString()
  scenario.disk.rot(index, 20)
  scenario.disk.rot(index, text.indexOf('"ordinal":3'))
  // Checks that the sources go on behind what they had acknowledged.
  await scenario.start()
  const numbers = await rest(scenario)
  expect(numbers).toEqual(range(7, 27))
  expect(scenario.counts.get('reader.out corrupt')).toBe(7)
  expect(scenario.counts.get('journal torn_tail')).toBeUndefined()
})

/** A first segment of batches with 3, 4 and 10 lines and a second one with 10; a reader at the start. */
async function filled() {
  const scenario = new Scenario(1, 1, { segmentBytes: 1600 })
  await scenario.start()
  await scenario.openReader('out')
  for (const sizes of [[3, 4], [10], [10]]) {
    tell(scenario, 0, sizes, 'a')
    await wait(scenario)
  }
  const events = [...scenario.disk.files.keys()].filter((path) => path.endsWith('ndjson'))
  expect(events).toHaveLength(2)
  return { scenario, events: events[0]! }
}

async function rest(scenario: Scenario): Promise<number[]> {
  const { reader } = scenario.follower('out')!
  const { everything } = await import('../core/journal/setup.ts')
  return await everything(reader!)
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

function tell(scenario: Scenario, place: number, sizes: readonly number[], tag: string): void {
  scenario.append(place, sizes, tag).catch((failure: unknown) => {
    if (failure instanceof Error && failure.name === 'AssertionError') throw failure
  })
}

async function wait(scenario: Scenario): Promise<void> {
  await scenario.ticks()
  scenario.clock.advance(1000)
  await scenario.ticks()
}

async function named(name: string, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (failure) {
    throw new Error(`${name}: ${String(failure)}`, { cause: failure })
  }
}
