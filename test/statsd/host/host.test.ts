import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import type { Batch } from '../../../core/journal/batch.ts'
import { decodePoint } from '../../../store/points.ts'
import { hostFields } from '../../../statsd/host/config.ts'
import { Host } from '../../../statsd/host/host.ts'

const machine = join(import.meta.dirname, 'machine')

/** Time that a test moves: a sleep ends when it says so. */
function simulated() {
  let now = 1_700_000_003_000
  let wake: (() => void) | undefined
  const waits: number[] = []
  const written: Batch[] = []
  const logged: string[] = []
  const hooks: { appending?: () => void } = {}
  const arrived: (() => void)[] = []
  const host = new Host(hostFields.host.parse({ proc: `${machine}/proc`, root: machine }), {
    clock: {
      now: () => now,
      monotonic: () => now,
      sleep: (ms, signal) => {
        waits.push(ms)
        return new Promise((resolve) => {
          const done = () => resolve()
          wake = () => {
            now += ms
            done()
          }
          signal?.addEventListener('abort', done)
          if (signal?.aborted) done()
          arrived.shift()?.()
        })
      },
    },
    log: pino({ level: 'warn' }, { write: (line) => void logged.push(line) }),
    append: async (batches, withdrawn) => {
      hooks.appending?.()
      withdrawn?.throwIfAborted()
      written.push(...batches)
      return 'durable'
    },
    instance: '01JCZ0000000000000000000AA',
    hostname: 'we;b1',
    namespace: 'default',
    pid: 42,
  })
  const sleeping = () => new Promise<void>((resolve) => arrived.push(resolve))
  return { host, waits, written, logged, hooks, sleeping, wake: () => wake?.() }
}

test('writes the points of an interval at its end, from the second reading on', async () => {
  const { host, waits, written, sleeping, wake } = simulated()
  const first = sleeping()
  await host.start()
  await first
  expect(waits).toEqual([7000])
  expect(written).toEqual([])
  const second = sleeping()
  wake()
  await second
  await host.stop()
  expect(written).toHaveLength(1)
  const { stream, tag, bytes, count } = written[0]!
  expect([stream, tag]).toEqual(['metrics-host-default', 'metric points'])
  const points = Buffer.from(bytes).toString().trimEnd().split('\n').map(decodePoint)
  expect(points).toHaveLength(count)
  expect(points.find(({ series }) => series.startsWith('host.load.1m'))).toEqual({
    atMs: 1_700_000_010_000,
    series: 'host.load.1m;host=we_b1',
    type: 'value',
    instance: '01JCZ0000000000000000000AA',
    intervalMs: 10_000,
    last: 4.26,
  })
  expect(host.status()).toEqual({ enabled: true, series: count })
  const names = (await host.exposition()).map(({ name }) => name)
  expect(names).toContain('node_load1')
})

test('a stop amid a measurement is no failure of it', async () => {
  const { host, logged, hooks, sleeping, wake } = simulated()
  const stopped = new Promise<void>((resolve) => {
    hooks.appending = () => resolve(host.stop())
  })
  const first = sleeping()
  await host.start()
  await first
  wake()
  await stopped
  expect(logged).toEqual([])
})

test('stops at once, twice and without a start', async () => {
  const { host, sleeping } = simulated()
  const asleep = sleeping()
  await host.start()
  await asleep
  await host.stop()
  await host.stop()
  await simulated().host.stop()
})
