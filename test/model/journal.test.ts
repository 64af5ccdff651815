import fc from 'fast-check'
import { test } from 'vitest'
import { rethrowAssertions, Scenario } from '../core/journal/scenario.ts'

/** One thing that happens to the journal. Nothing waits for what an append started. */
type Step = (scenario: Scenario) => void | Promise<void>

const reader = fc.constantFrom('fast', 'slow')
const step: fc.Arbitrary<Step & { toString(): string }> = fc.oneof(
  {
    weight: 6,
    arbitrary: named('append', fc.tuple(fc.nat(2), sizes(), fc.constantFrom('a', 'b'))),
  },
  { weight: 1, arbitrary: named('appendLarge', fc.tuple(fc.nat(2))) },
  { weight: 5, arbitrary: named('read', fc.tuple(reader, fc.constantFrom(1, 200, 700))) },
  { weight: 4, arbitrary: named('done', fc.tuple(reader, fc.nat(5))) },
  { weight: 3, arbitrary: named('wait', fc.tuple(fc.constantFrom(0, 1000))) },
  { weight: 1, arbitrary: named('crash', fc.tuple(fc.boolean())) },
  { weight: 1, arbitrary: named('kill', fc.tuple(fc.boolean())) },
  { weight: 1, arbitrary: named('restart', fc.tuple()) },
  { weight: 2, arbitrary: named('failing', fc.tuple(fc.integer({ min: 1, max: 12 }), code())) },
  { weight: 1, arbitrary: named('open', fc.tuple(reader)) },
  { weight: 1, arbitrary: named('release', fc.tuple(reader)) },
  { weight: 1, arbitrary: named('seek', fc.tuple(reader)) },
)

const runs = Number(process.env['FUZZ_RUNS'] ?? 1500)

test.each(['block', 'drop_newest', 'drop_oldest'] as const)(
  'the journal keeps what it acknowledged, whatever happens to its disk and process (%s)',
  async (whenFull) => {
    const property = fc.asyncProperty(
      fc.nat(),
      fc.integer({ min: 1, max: 2 }),
      fc.constantFrom(4000, 1_000_000),
      fc.constantFrom(undefined, 1500),
      fc.array(step, { minLength: 3, maxLength: 60 }),
      async (seed, partitions, maxDisk, maxLag, steps) => {
        const scenario = new Scenario(seed, partitions, { whenFull, maxDisk, maxLag })
        await scenario.start()
        for (const each of steps) await each(scenario)
        await scenario.finish()
      },
    )
    await fc.assert(property, { numRuns: runs, endOnFailure: false })
  },
)

function sizes() {
  return fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 })
}

function code() {
  return fc.constantFrom('ENOSPC' as const, 'EIO' as const, 'EROFS' as const)
}

/** What each step does; the names are what fast-check prints of a failing case. */
const actions = {
  append: (s: Scenario, place: number, counts: number[], tag: string) => {
    s.append(place, counts, tag).catch(rethrowAssertions)
  },
  /** More than half of the small journal. */
  appendLarge: (s: Scenario, place: number) => {
    s.append(place, [35]).catch(rethrowAssertions)
  },
  read: async (s: Scenario, id: string, bytes: number) => void (await s.read(id, bytes)),
  done: (s: Scenario, id: string, which: number) => s.done(id, which),
  wait: async (s: Scenario, ms: number) => {
    await s.ticks()
    s.clock.advance(ms)
  },
  crash: async (s: Scenario, soon: boolean) => {
    if (!soon) await s.ticks()
    s.end('crash')
    await s.start()
  },
  kill: async (s: Scenario, soon: boolean) => {
    if (!soon) await s.ticks()
    s.end('kill')
    await s.start()
  },
  restart: async (s: Scenario) => {
    await s.stop()
    await s.start()
  },
  failing: (s: Scenario, count: number, failure: 'ENOSPC' | 'EIO' | 'EROFS') => {
    let left = count
    s.disk.fail = () => (left-- > 0 ? failure : undefined)
  },
  open: (s: Scenario, id: string) => s.openReader(id),
  release: (s: Scenario, id: string) => s.release(id),
  seek: (s: Scenario, id: string) => s.seekToStart(id),
} as const

function named<Name extends keyof typeof actions>(name: Name, values: fc.Arbitrary<unknown[]>) {
  return values.map((given) => {
    const action = actions[name] as (
      scenario: Scenario,
      ...given: unknown[]
    ) => void | Promise<void>
    const run: Step = (scenario) => action(scenario, ...given)
    return Object.assign(run, { toString: () => `${name}(${JSON.stringify(given).slice(1, -1)})` })
  })
}
