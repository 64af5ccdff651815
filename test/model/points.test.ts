import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { systemFiles } from '../../core/files.ts'
import type { Journal } from '../../core/journal/journal.ts'
import type { PartitionWriter } from '../../core/journal/writer.ts'
import { JournalFollower } from '../../core/journal/follower.ts'
import { MetricsProcess } from '../../store/embedded/metrics/metrics_process.ts'
import { SegmentStore } from '../../store/embedded/segments/segment_store.ts'
import type { SeriesValues } from '../../store/metrics.ts'
import { metricsConfig } from '../../store/metrics_config.ts'
import { type MetricPoint, metricPointsTag, PointWriter } from '../../store/points.ts'
import { openJournal, startWriter } from '../core/journal/setup.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 40)
const minuteMs = 60_000
/** As it came for five minutes, by the minute for half an hour. */
const steps = '10s:5m,1m:30m'
const [fineMs, keptMs] = [5 * minuteMs, 30 * minuteMs]

type Step =
  | { readonly do: 'append'; readonly points: readonly Given[] }
  /** The last batch comes again, as from somebody who was not told that it arrived. */
  | { readonly do: 'repeat' }
  | { readonly do: 'seal' | 'compact' | 'restart' }
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'die'; readonly after: number }

interface Given {
  readonly series: number
  readonly instance: number
  readonly secondsAgo: number
  readonly sum: number
}

const given = fc.record({
  series: fc.nat(2),
  instance: fc.nat(1),
  // Younger than what is rolled up: there the last write wins.
  secondsAgo: fc.nat(11).map((tens) => tens * 10),
  sum: fc.integer({ min: 1, max: 100 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      points: fc.array(given, { minLength: 1, maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('seal' as const, 'compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 3, 9) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('die' as const), after: fc.nat(12) }) },
)

class Died extends Error {}

/** Metrics that can die, and every point that has to be in them. */
class Scenario {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-points-model-'))
  #journal!: Journal
  #writer!: PartitionWriter
  /** By series, instance and time: the sum that was written last. */
  readonly #expected = new Map<string, { series: string; atMs: number; sum: number }>()
  #last: { at: number; points: readonly Given[] } = { at: 0, points: [] }
  #nowMs = 1_750_000_020_000
  #stepsLeft = Infinity
  #store: SegmentStore | undefined
  #metrics: MetricsProcess | undefined

  async open(): Promise<void> {
    const world = { files: systemFiles, dataFolder: this.folder }
    this.#journal = await openJournal(world)
    this.#writer = await startWriter(this.#journal, world)
  }

  async close(): Promise<void> {
    this.#stepsLeft = Infinity
    await this.#end()
    await this.#writer.close(AbortSignal.timeout(20_000))
    rmSync(this.folder, { recursive: true, force: true })
  }

  async run(action: Step): Promise<void> {
    if (action.do === 'die') return void (this.#stepsLeft = action.after)
    try {
      if (action.do === 'wait') {
        // What is not sealed by now would come late.
        await this.#sealed()
        this.#nowMs += action.minutes * minuteMs
        return
      }
      if (action.do === 'append') return await this.#append(this.#nowMs, action.points)
      if (action.do === 'repeat') {
        if (this.#nowMs - this.#last.at < minuteMs)
          await this.#append(this.#last.at, this.#last.points)
        return
      }
      if (action.do === 'restart') await this.#end()
      await this.#sealed()
      if (action.do === 'compact')
        await this.#metrics!.maintenance.compact(AbortSignal.timeout(20_000))
    } catch (failure) {
      if (!String(failure).includes('Died')) throw failure
      this.#stepsLeft = Infinity
      await this.#end()
      if (action.do === 'wait') await this.run(action)
    }
  }

  async check(): Promise<void> {
    this.#stepsLeft = Infinity
    await this.#sealed()
    await this.#matches()
    await this.#metrics!.maintenance.compact(AbortSignal.timeout(20_000))
    await this.#matches()
    const named = [...this.#metrics!.store.manifest.segments.values()].map(({ file }) => file)
    await this.#metrics!.store.sweep()
    const there = readdirSync(join(this.folder, 'store', 'points'), { recursive: true }) as string[]
    const files = there.filter((file) => file.endsWith('.parquet'))
    expect(files.toSorted()).toEqual(named.toSorted())
  }

  /** What is within the fine archive by ten seconds, all by the minute. */
  async #matches(): Promise<void> {
    const fineFrom = this.#nowMs - fineMs + minuteMs
    await this.#isAs(Math.ceil(fineFrom / 10_000) * 10_000, 10_000)
    const from = this.#nowMs - keptMs + 2 * minuteMs
    await this.#isAs(Math.ceil(from / minuteMs) * minuteMs, minuteMs)
  }

  async #isAs(fromMs: number, stepMs: number): Promise<void> {
    const names = ['a.0', 'a.1', 'a.2']
    const found = (await this.#metrics!.answer(
      {
        ask: 'read',
        request: {
          series: names.map((series) => ({ series, type: 'counter' as const })),
          figures: ['sum', 'count'],
          fromMs,
          untilMs: this.#nowMs + stepMs,
          stepMs,
        },
      },
      AbortSignal.timeout(20_000),
    )) as SeriesValues[]
    for (const { series, figure, startMs, values } of found) {
      const expected = new Float64Array(values.length).fill(NaN)
      for (const point of this.#expected.values()) {
        const slot = Math.floor((point.atMs - startMs) / stepMs)
        if (point.series !== series || slot < 0 || slot >= values.length) continue
        expected[slot] = (expected[slot] || 0) + (figure === 'sum' ? point.sum : 1)
      }
      expect([series, figure, stepMs, values]).toEqual([series, figure, stepMs, expected])
    }
  }

  async #append(nowMs: number, points: readonly Given[]): Promise<void> {
    this.#last = { at: nowMs, points }
    const writer = new PointWriter()
    for (const { series: number, instance, secondsAgo, sum } of points) {
      const atMs = nowMs - secondsAgo * 1_000
      const series = `a.${number}`
      const point: MetricPoint = {
        series,
        type: 'counter',
        instance: `i${instance}`,
        atMs,
        sum,
        count: 1,
      }
      writer.add(point)
      this.#expected.set(`${series} ${instance} ${atMs}`, { series, atMs, sum })
    }
    await this.#writer.append([
      { stream: 'metrics-statsd-default', tag: metricPointsTag, ...writer.take() },
    ])
  }

  async #sealed(): Promise<void> {
    // The journal goes on by itself: the metrics hear of it when they start again.
    await this.#end()
    await this.#alive()
    await this.#metrics!.sealer.refresh()
  }

  async #alive(): Promise<void> {
    const world = {
      files: systemFiles,
      clock: { ...systemClock, now: () => this.#nowMs },
      folder: join(this.folder, 'store'),
      notice: () => undefined,
      count: (reason: string) => expect.fail(reason),
      step: () => {
        if (this.#stepsLeft-- <= 0) throw new Died('Died')
      },
    }
    const store = await SegmentStore.open(world, { memory: 256_000_000, threads: 1 }, 1_000_000)
    this.#store = store
    const partitions = this.#journal.partitions.map(({ name, folder, segments }) => {
      return { name, folder, segments: segments.map(({ id, end }) => ({ id, end: { ...end } })) }
    })
    const follow = (cursor: ConstructorParameters<typeof JournalFollower>[0]) =>
      new JournalFollower(cursor, partitions, {
        files: systemFiles,
        clock: systemClock,
        wants: MetricsProcess.wants,
        lost: (_, why) => expect.fail(why),
      })
    this.#metrics = await MetricsProcess.open(
      {
        ...world,
        connected: store.connected.bind(store),
        sealing: store.sealing.bind(store),
        merging: store.merging.bind(store),
      },
      {
        chunkBytes: 600,
        readBytes: 300,
        refreshMs: 1,
        rowsMax: 1_000,
        groupRows: 2_048,
        time: world.clock,
        metrics: metricsConfig.parse({ retention: [{ match: 'a', steps }] }),
      },
      follow,
      { onSealed: () => undefined, onPaused: () => undefined },
    )
    this.#metrics.sealer.start()
  }

  async #end(): Promise<void> {
    const metrics = this.#metrics
    this.#metrics = undefined
    await metrics?.stop()
    await this.#store?.close()
    this.#store = undefined
  }
}

test('points: whatever dies when, the last write of each counts once, as it came and rolled up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (actions) => {
      const scenario = new Scenario()
      await scenario.open()
      try {
        for (const action of actions) await scenario.run(action)
        await scenario.check()
      } finally {
        await scenario.close()
      }
    }),
    { numRuns: runs },
  )
})
