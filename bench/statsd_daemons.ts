import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { locate } from '../test/peers/catalogue.ts'
import { ask, launch, type Measured, ready, startWeir } from './process.ts'

/** A StatsD daemon under load. */
export interface Daemon extends Measured {
  /** Lines that it has taken in so far. */
  lines(): Promise<number>
  /** How long after a line it is in `lines`, at most, in milliseconds. */
  readonly countsAfterMs: number
  /** Milliseconds that its last flush took, where it says so. */
  flushMs?(): Promise<number>
  /** Longest time without receiving, where it says so. */
  gapMs?(): Promise<number>
}

export interface DaemonKind {
  readonly title: string
  /** Undefined when it is there; else why it is not. */
  readonly missing: string | undefined
  /** Packets a second of one and of ten lines, about: where the search for its limit begins. */
  readonly around: readonly [number, number]
  /** @param ports one for StatsD (UDP and TCP), one for whatever else it needs. */
  start(folder: string, ports: readonly [number, number], flush: string): Promise<Daemon>
}

const megabytes = 2 ** 20

const weir: DaemonKind = {
  title: 'Weir',
  missing: undefined,
  around: [250_000, 200_000],
  async start(folder, [port], flush) {
    const statsd = {
      listen: [`udp://127.0.0.1:${port}`, `tcp://127.0.0.1:${port}`],
      flush_interval: flush,
      console: { listen: [] },
      host: { enabled: false },
    }
    const started = startWeir(folder, { collector: { enabled: false }, statsd })
    await ready(started, folder)
    const server = async () => {
      const { text } = await ask(folder, '/api/status')
      return (JSON.parse(text) as { statsd: { server: WeirStatus } }).statsd.server
    }
    return {
      ...started,
      countsAfterMs: 1_000,
      lines: async () => (await server()).received.lines,
      flushMs: async () => (await server()).flushed?.computedMs ?? 0,
      gapMs: async () => (await server()).received.longestGapMs,
    }
  },
}
interface WeirStatus {
  readonly received: { readonly lines: number; readonly longestGapMs: number }
  readonly flushed?: { readonly computedMs: number }
}

const etsy: DaemonKind = {
  title: 'Etsy statsd 0.9',
  missing: locate('statsd').missing,
  around: [7_000, 3_000],
  async start(folder, [port, other], flush) {
    mkdirSync(folder, { recursive: true })
    const located = locate('statsd')
    if (located.missing !== undefined) throw new Error(located.missing)
    const figures = await graphiteSink()
    const server = (name: string) => ({ server: `./servers/${name}`, address: '127.0.0.1', port })
    const config = {
      servers: [server('udp'), server('tcp')],
      mgmt_address: '127.0.0.1',
      mgmt_port: other,
      flushInterval: Number.parseFloat(flush) * 1000,
      backends: ['./backends/graphite'],
      graphiteHost: '127.0.0.1',
      graphitePort: figures.port,
    }
    const file = join(folder, 'config.js')
    writeFileSync(file, JSON.stringify(config))
    const shim = join(folder, 'shim.cjs')
    writeFileSync(shim, `require('node:util').log = (...given) => console.log(...given)`)
    const script = join(located.path, 'stats.js')
    const started = launch(process.execPath, ['--require', shim, script, file])
    return {
      ...started,
      countsAfterMs: Number.parseFloat(flush) * 1_000 + 1_200,
      lines: async () => figures.sum('stats_counts.statsd.metrics_received'),
      flushMs: async () => figures.most('stats.statsd.processing_time'),
      async stop() {
        await started.stop()
        figures.close()
      },
    }
  },
}

/** A carbon that keeps sums and maxima by name. */
async function graphiteSink() {
  const sums = new Map<string, number>()
  const maxima = new Map<string, number>()
  const server = createServer((socket) => {
    let rest = ''
    socket.setEncoding('utf8').on('error', () => undefined)
    socket.on('data', (piece: string) => {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (!line.includes('statsd.')) continue
        const [name = '', value = '0'] = line.split(' ')
        sums.set(name, (sums.get(name) ?? 0) + Number(value))
        maxima.set(name, Math.max(maxima.get(name) ?? 0, Number(value)))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    sum: (name: string) => sums.get(name) ?? 0,
    most: (name: string) => maxima.get(name) ?? 0,
    close: () => server.close(),
  }
}

const textOf = async (url: string) => (await fetch(url)).text()
const figureIn = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0)

const exporter = (
  title: string,
  around: DaemonKind['around'],
  extra: readonly string[],
): DaemonKind => ({
  title,
  around,
  missing: locate('statsd_exporter').missing,
  async start(_folder, [port, web]) {
    const located = locate('statsd_exporter')
    if (located.missing !== undefined) throw new Error(located.missing)
    const args = [
      `--statsd.listen-udp=127.0.0.1:${port}`,
      `--statsd.listen-tcp=127.0.0.1:${port}`,
      `--web.listen-address=127.0.0.1:${web}`,
      '--log.level=error',
      ...extra,
    ]
    const url = `http://127.0.0.1:${web}/metrics`
    return {
      ...launch(located.path, args),
      countsAfterMs: 1_000,
      lines: async () => figureIn(await textOf(url), /^statsd_exporter_lines_total (\S+)$/m),
    }
  },
})

const telegraf = (title: string, around: DaemonKind['around'], buffer: number): DaemonKind => ({
  title,
  around,
  missing: locate('telegraf').missing && 'WEIR_SERVERS=telegraf bin/node tools/peers.ts builds it',
  async start(folder, [port, web]) {
    const located = locate('telegraf')
    if (located.missing !== undefined) throw new Error(located.missing)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'telegraf.conf')
    writeFileSync(
      file,
      `[agent]\n  interval = "1s"\n  flush_interval = "1s"\n  quiet = true\n` +
        `[[inputs.internal]]\n` +
        `[[inputs.statsd]]\n  protocol = "udp"\n  service_address = "127.0.0.1:${port}"\n` +
        `  read_buffer_size = ${buffer}\n  percentiles = [90.0]\n` +
        `[[outputs.prometheus_client]]\n  listen = "127.0.0.1:${web}"\n  metric_version = 2\n` +
        `  namepass = ["internal_statsd"]\n[[outputs.discard]]\n`,
    )
    const url = `http://127.0.0.1:${web}/metrics`
    const taken = /^internal_statsd_(?:metrics|parse_count|udp_packets_received)\S* (\S+)$/m
    return {
      ...launch(located.path, ['--config', file]),
      countsAfterMs: 2_200,
      lines: async () => figureIn(await textOf(url), taken),
    }
  },
})

export const daemonKinds: readonly DaemonKind[] = [
  weir,
  etsy,
  exporter('statsd_exporter', [60_000, 30_000], []),
  exporter('statsd_exporter, 4 MiB', [200_000, 45_000], [`--statsd.read-buffer=${4 * megabytes}`]),
  telegraf('Telegraf', [60_000, 15_000], 0),
  telegraf('Telegraf, 4 MiB', [200_000, 45_000], 4 * megabytes),
]

/** What the daemons that are not here did on a machine of two cores, 1,000 names, under 0.1 % lost. */
export const recorded: Readonly<Record<string, string>> = {
  'Etsy statsd 0.9': '7 k packets/s x 1, 3 k x 10',
  statsd_exporter: '60 k packets/s x 1, 30 k x 10',
  'statsd_exporter, 4 MiB': '200 k packets/s x 1',
  Telegraf: '60 k packets/s x 1, 15 k x 10',
  'Telegraf, 4 MiB': '200 k packets/s x 1, 45 k x 10',
}
