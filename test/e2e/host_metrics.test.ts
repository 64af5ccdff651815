import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseExposition, scrapeText } from '../../statsd/prometheus/scrape/parse.ts'
import { freePort, launch, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

/** The real node_exporter and Weir measure the same machine. */
const nodeExporter = requirePeer('node_exporter')

const folder = mkdtempSync(join(tmpdir(), 'weir-host-'))
const stops: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
  rmSync(folder, { recursive: true, force: true })
})

async function read(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const samples = [...parseExposition(text, scrapeText)].filter(({ name }) =>
    name.startsWith('node_'),
  )
  return new Map(
    samples.map(({ name, labels, value }) => {
      const sorted = labels.map(([label, of]) => `${label}=${of}`).toSorted()
      return [[name, ...sorted].join(';'), value]
    }),
  )
}

/** What the newer kernel tells and this version of node_exporter does not ask for, or the reverse. */
const onlyOurs = /^node_(pressure_irq|netstat_TcpExt_(TCPOFOQueue|TCPRcvQDrop))/
/** Collectors of node_exporter that Weir offers; of `network` what comes from /proc/net/dev. */
const offered =
  /^node_(cpu(_guest)?_seconds|load\d|memory|vmstat|pressure|disk_(?!info)|network_(receive|transmit)_(?!nohandler|queue)|netstat|sockstat|filefd|filesystem|boot_time|time_seconds|uname|context|intr|forks|procs|entropy)/
/** They may change by any amount from one moment to the next; netlink counts drops otherwise than /proc does. */
const restless =
  /^node_(procs_|disk_io_now|sockstat|memory_(Dirty|Writeback|Active|Inactive)|netstat_Tcp_CurrEstab|filefd_alloc|load|network_receive_(drop|frame|errs))/

test.runIf(nodeExporter)('names, labels and values are those of node_exporter', async () => {
  const port = await freePort()
  // Debian's leaves out lo by default, others do not.
  const devices = '--collector.netdev.device-exclude=^$'
  const flags = [`--web.listen-address=127.0.0.1:${port}`, devices]
  const program = launch(nodeExporter!.path, flags, { output: join(folder, 'node_exporter.log') })
  stops.push(() => program.end('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  await waitFor('node_exporter', () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  )
  const weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    collector: { enabled: false },
    statsd: { listen: [], console: { listen: [] } },
  })
  stops.push(() => weir.kill())
  // What may change does so between two readings of the other.
  const before = await read(url)
  const ours = await read(weir.url)
  const after = await read(url)
  const known = [...before.keys()].filter((key) => offered.test(key))
  expect(known.length).toBeGreaterThan(150)
  const excluded = /fstype=(tmpfs|ramfs)|device=zram/
  const missing = known.filter((key) => !ours.has(key) && !excluded.test(key))
  expect(missing).toEqual([])
  const invented = [...ours.keys()].filter((key) => !before.has(key) && !onlyOurs.test(key))
  expect(invented).toEqual([])
  const wrong = known.flatMap((key) => {
    const [low, value, high] = [before, ours, after].map((each) => each.get(key) ?? NaN)
    if (value === undefined || excluded.test(key) || restless.test(key)) return []
    const [from, to] = [Math.min(low!, high!), Math.max(low!, high!)]
    const room = Math.max(0.02 * Math.abs(to), 0.1)
    return value >= from - room && value <= to + room ? [] : [`${key}: ${low} ${value} ${high}`]
  })
  expect(wrong).toEqual([])
  console.log(`${known.length} series of node_exporter compared`)
})
