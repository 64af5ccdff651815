import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Carbon } from '../peers/carbon.ts'
import { freePort, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

const found = requirePeer('carbon')
const intervalMs = 4000

/** Counters of every flush by its second, as the console backend printed them. */
function flushed(stdout: string): Map<number, number> {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  const flushes = lines.map((line) => {
    const { timestamp, counters } = JSON.parse(line) as {
      timestamp: number
      counters: Record<string, number>
    }
    return [timestamp, counters['hits']] as const
  })
  return new Map(flushes.filter((pair): pair is readonly [number, number] => pair[1] !== undefined))
}

test.skipIf(!found)('carbon is stopped and started again: Whisper has every flush', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-carbon-'))
  const carbon = await Carbon.make(found!)
  const tcp = await freePort()
  await carbon.start()
  const own = { type: 'graphite', host: '127.0.0.1', retry_max_wait: '500ms' }
  const weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    store: { enabled: false },
    statsd: {
      listen: `tcp://127.0.0.1:${tcp}`,
      console: { listen: [] },
      host: { enabled: false },
      flush_interval: `${intervalMs}ms`,
      backends: [
        { type: 'console', prettyprint: false },
        { ...own, id: 'text', port: carbon.port },
        {
          ...own,
          id: 'pickle',
          protocol: 'pickle',
          pickle_port: carbon.picklePort,
          legacy_namespace: false,
          global_prefix: 'pickled',
        },
      ],
    },
  })
  let stdout = ''
  weir.process.child.stdout!.on('data', (data) => (stdout += String(data)))
  const socket = connect(tcp, '127.0.0.1')
  const traffic = setInterval(() => socket.write('hits:1|c\ntime:20|ms\n'), 100)
  const names = ['stats_counts.hits', 'pickled.counters.hits.count']
  /** Flushes that Whisper does not have as they were. */
  const missing = () => {
    const expected = [...flushed(stdout)]
    return names.flatMap((name) => {
      const values = carbon.values(name)
      return expected
        .filter(([second, sum]) => values.get(second) !== sum)
        .map(([second]) => second)
    })
  }
  try {
    const flushes = async (count: number) => {
      const before = flushed(stdout).size
      await waitFor('flushes', () => flushed(stdout).size >= before + count)
    }
    await flushes(2)
    for (let restart = 0; restart < 2; restart++) {
      // carbon writes what it has read once a second, and loses what it has not written when it ends.
      await flushes(1)
      await waitFor('Whisper to have it', () => missing().length === 0, intervalMs)
      await carbon.stop()
      await flushes(2)
      expect(missing().length).toBeGreaterThan(0)
      await carbon.start()
      await waitFor('Whisper to have what was flushed meanwhile', () => missing().length === 0)
    }
    clearInterval(traffic)
    await flushes(1)
    await waitFor('Whisper to have the last', () => missing().length === 0)
    expect(carbon.values('stats.timers.time.mean_90').values().next().value).toBe(20)
    const total = [...flushed(stdout).values()].reduce((sum, count) => sum + count, 0)
    expect(total).toBeGreaterThan(50)
  } finally {
    clearInterval(traffic)
    socket.destroy()
    await weir.kill()
    await carbon.remove()
    rmSync(folder, { recursive: true, force: true })
  }
})
