import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodePoint, type MetricPoint } from '../../store/points.ts'
import { weir as runWeir } from '../commands/weir.ts'
import { startEtsy } from '../peers/etsy_statsd.ts'
import { freePort, type Program, waitFor } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

/**
 * What clients of several languages send is the same in Weir and in Etsy's statsd, looked at by both consoles; and
 * what `weir statsd` shows, and the flush at TERM, say it too.
 */

const etsyPeer = requirePeer('statsd')
const hotShots = requirePeer('hot-shots')
const python = requirePeer('statsd-clients')
const run = promisify(execFile)
const node = join(import.meta.dirname, '../../bin/node')
const folder = mkdtempSync(join(tmpdir(), 'weir-clients-'))

const ports = { etsy: 0, etsyConsole: 0, weir: 0, datadog: 0, console: 0 }
let etsy: Program | undefined
let weir: RunningWeir

beforeAll(async () => {
  for (const key of Object.keys(ports) as (keyof typeof ports)[]) ports[key] = await freePort()
  mkdirSync(join(folder, 'etsy'))
  if (etsyPeer) {
    etsy = startEtsy(etsyPeer.path, join(folder, 'etsy'), {
      servers: [
        { server: './servers/udp', address: '127.0.0.1', port: ports.etsy },
        { server: './servers/tcp', address: '127.0.0.1', port: ports.etsy },
      ],
      mgmt_port: ports.etsyConsole,
      flushInterval: 3_600_000,
      backends: [],
    })
  }
  weir = await RunningWeir.start(folder, {
    http: { listen: '127.0.0.1:0' },
    store: { enabled: false },
    statsd: {
      listen: [
        `udp://127.0.0.1:${ports.weir}`,
        `tcp://127.0.0.1:${ports.weir}`,
        { address: `udp://127.0.0.1:${ports.datadog}`, dialect: 'datadog' },
      ],
      console: { listen: `tcp://127.0.0.1:${ports.console}` },
      flush_interval: '1h',
      host: { enabled: false },
      // Nobody is there, so that the flush stays in the journal.
      backends: [{ type: 'graphite', host: '127.0.0.1', port: 1 }],
    },
  })
})
afterAll(async () => {
  await etsy?.end('SIGKILL')
  if (weir.isAlive) await weir.kill()
  rmSync(folder, { recursive: true, force: true })
})

async function ask(port: number, command: string): Promise<string[]> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let answer = ''
  socket.on('data', (part: string) => {
    answer += part
    if (answer.endsWith('END\n\n')) socket.end('quit\n')
  })
  socket.write(`${command}\n`)
  await once(socket, 'close')
  return answer
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .toSorted()
}

/** Both daemons say the same of counters, gauges and timers. */
/** How a connection's bytes fall into pieces, each of them a packet, is the kernel's. */
async function told(port: number, command: string): Promise<string[]> {
  return (await ask(port, command)).filter((line) => !line.includes('packets_received'))
}

async function agree(awaited: string): Promise<void> {
  const isThere = async (port: number) =>
    (await ask(port, 'counters')).some((line) => line.includes(awaited))
  await waitFor(`${awaited} in Weir`, () => isThere(ports.console))
  if (!etsy) return
  await waitFor(`${awaited} in Etsy's statsd`, () => isThere(ports.etsyConsole))
  for (const command of ['counters', 'gauges', 'timers']) {
    const [weirs, etsys] = [ports.console, ports.etsyConsole].map((port) => told(port, command))
    expect(await weirs, command).toEqual(await etsys)
  }
}

const both = () => (etsy ? [ports.weir, ports.etsy] : [ports.weir])

test.skipIf(!hotShots)('hot-shots', async () => {
  const script = `
    const { StatsD } = require(${JSON.stringify(hotShots?.path)})
    const client = new StatsD({ host: '127.0.0.1', port: Number(process.argv[1]), protocol: process.argv[2], prefix: 'hs.' })
    client.increment('hits'); client.increment('hits', 5); client.decrement('hits')
    client.gauge('load', 3.25); client.gaugeDelta('load', -1)
    for (const value of [1, 2.5, 300]) client.timing('time', value)
    client.set('users', 'alice'); client.set('users', 'bob')
    client.increment('end-' + process.argv[2], () => client.close())
  `
  for (const port of both()) await run(node, ['-e', script, String(port), 'udp'])
  await agree('hs.end-udp')
  for (const port of both()) await run(node, ['-e', script, String(port), 'tcp'])
  await agree('hs.end-tcp')
})

test.skipIf(!python)("PyPI's statsd", async () => {
  const script = `
import sys
from statsd import StatsClient
c = StatsClient('127.0.0.1', int(sys.argv[1]), prefix='py')
c.incr('hits'); c.incr('hits', 3); c.decr('hits')
c.gauge('load', 5); c.gauge('load', -2, delta=True); c.gauge('below', -3)
for v in (10, 20.5): c.timing('time', v)
c.set('users', 'x')
with c.pipeline() as p:
    for i in range(100): p.incr('piped')
c.incr('end')
`
  for (const port of both())
    await run(join(python!.path, 'bin', 'python'), ['-c', script, String(port)])
  await agree('py.end')
})

test('a line by a shell', async () => {
  for (const port of both()) {
    await run('bash', [
      '-c',
      `printf 'sh.a:1|c\\nsh.b:2|g\\nsh.end:1|c' > /dev/udp/127.0.0.1/${port}`,
    ])
  }
  await agree('sh.end')
})

test.skipIf(!python)('datadogpy, to a listener of its dialect', async () => {
  const script = `
import sys
from datadog.dogstatsd import DogStatsd
c = DogStatsd(host='127.0.0.1', port=int(sys.argv[1]), constant_tags=['env:test'], disable_telemetry=True)
c.increment('dd.hits', 2, tags=['b:2', 'a:1'])
c.gauge('dd.load', -4)
for v in (1, 2, 3, 4): c.histogram('dd.size', v)
for v in (1, 2, 3, 4): c.distribution('dd.dist', v)
c.set('dd.users', 'a:b')
c.event('Deployed', 'version 1', alert_type='info')
c.service_check('dd.check', 0)
c.increment('dd.end')
c.flush()
`
  await run(join(python!.path, 'bin', 'python'), ['-c', script, String(ports.datadog)])
  const shown = async () => (await ask(ports.console, 'counters')).join('\n')
  await waitFor('dd.end', async () => (await shown()).includes('dd.end'))
})

test('weir statsd shows and forgets what the console does', async () => {
  const at = ['-d', weir.data]
  const { stdout } = await runWeir(['statsd', 'gauges', '--json', ...at])
  expect(stdout.split('\n')).toContain('{"name":"sh.b","value":2}')
  const deleted = await runWeir(['statsd', 'delgauges', 'sh.*', 'no.such', ...at])
  expect(deleted).toMatchObject({
    code: 1,
    stdout: 'deleted: sh.b\n',
    stderr: 'there is no series no.such among the gauges\n',
  })
  const stopped = await runWeir(['statsd', 'counters', '-d', join(folder, 'nowhere')])
  expect(stopped.code).toBe(69)
})

test('the flush at TERM says the same', async () => {
  weir.process.child.kill('SIGTERM')
  expect(await weir.process.ended).toMatchObject({ code: 0 })
  const { stdout } = await runWeir(['journal', 'cat', '-d', weir.data])
  const lines = stdout.trim().split('\n')
  const points = new Map(
    lines
      .filter((line) => line.includes('"series"'))
      .map((line) => {
        const point = decodePoint(line)
        return [point.series, point] as const
      }),
  )
  const of = (series: string): Partial<MetricPoint> => points.get(series) ?? {}
  expect(of('sh.a')).toMatchObject({ type: 'counter', sum: 1 })
  expect(points.has('sh.b')).toBe(false)
  if (hotShots) {
    expect(of('hs.hits')).toMatchObject({ sum: 10, count: 6 })
    expect(of('hs.users')).toMatchObject({ type: 'set', count: 2 })
    expect(of('hs.time').exact).toMatchObject({ count: 6, mean: 101.16666666666667, upper: 300 })
  }
  if (!python) return
  expect(of('py.piped')).toMatchObject({ sum: 100 })
  expect(of('py.load')).toMatchObject({ last: 3 })
  expect(of('py.below')).toMatchObject({ last: -3 })
  expect(of('dd.hits;a=1;b=2;env=test')).toMatchObject({ type: 'counter', sum: 2 })
  expect(of('dd.load;env=test')).toMatchObject({ type: 'gauge', last: -4 })
  expect(of('dd.users;env=test')).toMatchObject({ type: 'set', count: 1 })
  expect(of('dd.size;env=test').exact).toEqual({
    avg: 2.5,
    count: 4,
    median: 2,
    '95percentile': 4,
    max: 4,
  })
  expect(of('dd.dist;env=test').exact).toMatchObject({ count: 4, sum: 10, min: 1, max: 4 })
  expect(lines.filter((line) => line.includes('Deployed'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('dd.check'))).toHaveLength(1)
})
