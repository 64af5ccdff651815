import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, waitFor } from '../peers/process.ts'
import { RunningWeir } from './running_weir.ts'

interface Received {
  readonly lines: number
  readonly series: { readonly counter: number }
  readonly droppedSeries: number
}

const names = 1_000_000
const kept = 250_000

async function receivedBy(weir: RunningWeir): Promise<Received> {
  const { statsd } = (await weir.status()) as unknown as {
    statsd: { server: { received: Received } }
  }
  return statsd.server.received
}

/** MB that the process had at most. */
function peakOf(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) / 1024
}

test('of a million distinct names those up to the limit are kept, the others counted, and those known go on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-names-'))
  const tcp = await freePort()
  const weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    store: { enabled: false },
    statsd: {
      listen: `tcp://127.0.0.1:${tcp}`,
      console: { listen: [] },
      host: { enabled: false },
      flush_interval: '1s',
      max_series_of: { counter: kept },
    },
  })
  try {
    const socket = connect(tcp, '127.0.0.1')
    for (let from = 0; from < names; from += 1_000) {
      const lines = Array.from({ length: 1_000 }, (_, n) => `shop.user.${from + n}.clicks:1|c\n`)
      if (!socket.write(lines.join(''))) await once(socket, 'drain')
    }
    socket.end('shop.user.7.clicks:1|c\n')
    await waitFor('every line', async () => (await receivedBy(weir)).lines === names + 1)
    // Told at a flush.
    const dropped = async () => (await receivedBy(weir)).droppedSeries
    await waitFor('what was dropped', async () => (await dropped()) === names - kept)
    expect((await receivedBy(weir)).series.counter).toBe(kept)
    const peak = peakOf(weir.process.child.pid!)
    console.log(`a million names: ${Math.round(peak)} MB at most`)
    expect(peak).toBeLessThan(700)
  } finally {
    await weir.kill()
    rmSync(folder, { recursive: true, force: true })
  }
})
