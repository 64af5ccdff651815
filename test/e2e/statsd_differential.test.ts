import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { startEtsy } from '../peers/etsy_statsd.ts'
import { FakeCarbon } from '../peers/fake_carbon.ts'
import { freePort } from '../peers/process.ts'
import { requirePeer } from '../peers/require.ts'
import { RunningWeir } from './running_weir.ts'

/**
 * Etsy's statsd and Weir get the same packets between the same flushes, with the same config; what both send to
 * Graphite is compared, every name and value. Tags are compared in the order of their keys, in which carbon keeps
 * them.
 */

const peer = requirePeer('statsd')
const folder = mkdtempSync(join(tmpdir(), 'weir-etsy-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** About time that passes, and connections. */
const ignored =
  /processing_time|calculationtime|last_exception|last_flush|flush_time|flush_length|timestamp_lag/

interface Variant {
  readonly name: string
  readonly etsy: Record<string, unknown>
  readonly weir: object
  readonly graphite: object
}

const variants: readonly Variant[] = [
  { name: 'the defaults', etsy: {}, weir: {}, graphite: {} },
  {
    name: 'the new namespace with prefixes, percentiles and bins',
    etsy: {
      percentThreshold: [50, 90, 99.9, -10],
      histogram: [
        { metric: 'web', bins: [10, 100.5, 'inf'] },
        { metric: 'none', bins: [] },
        { metric: '', bins: [50] },
      ],
      flush_counts: false,
      prefixStats: 'own.stats',
      graphite: {
        legacyNamespace: false,
        globalPrefix: 'dc1',
        prefixTimer: 'tt',
        prefixSet: '',
        globalSuffix: 'h1',
      },
    },
    weir: {
      percent_threshold: [50, 90, 99.9, -10],
      histogram: [
        { metric: 'web', bins: [10, 100.5, 'inf'] },
        { metric: 'none', bins: [] },
        { metric: '', bins: [50] },
      ],
      prefix_stats: 'own.stats',
    },
    graphite: {
      legacy_namespace: false,
      global_prefix: 'dc1',
      prefix_timer: 'tt',
      prefix_set: '',
      global_suffix: 'h1',
      flush_counts: false,
    },
  },
  {
    name: 'idle series deleted, some figures only',
    etsy: {
      deleteIdleStats: true,
      gaugesMaxTTL: 2,
      calculatedTimerMetrics: ['count', 'mean', 'upper_percent', 'sum_percent'],
      percentThreshold: [75, -25],
    },
    weir: {
      delete_idle_stats: true,
      gauges_max_ttl: 2,
      calculated_timer_metrics: ['count', 'mean', 'upper_percent', 'sum_percent'],
      percent_threshold: [75, -25],
    },
    graphite: {},
  },
  {
    name: 'names as they come, counters and sets deleted',
    etsy: { keyNameSanitize: false, deleteCounters: true, deleteSets: true, percentThreshold: 95 },
    weir: {
      key_name_sanitize: false,
      delete_counters: true,
      delete_sets: true,
      percent_threshold: 95,
    },
    graphite: {},
  },
]

/** Packets by hand: what clients send, and what the protocol's corners are. Each step is one interval. */
const steps: readonly (readonly string[])[] = [
  [
    'web.hits:1|c',
    'web.hits:2|c|@0.1\nweb.time:320|ms\nweb.time:7|ms|@0.5\nweb.users:alice|s\nweb.users:bob|s\nload:3.7|g',
    'multi:1|c:2|c:5|g',
    'web.time:12.25|ms\nweb.time:0|ms\nweb.time:1e3|ms',
    'tagged:1|c|#zone:b,app:web,flag',
    'tagged;zone=b;app=web:4|c',
  ],
  [
    'load:+2|g\nload:-1.5|g',
    'below:-5|g',
    'zero:0|g\nzero:-5|g\nzero:+1|g',
    'web.users:alice|s\nweb.users:|s\nweb.users:0|s',
    'a b/c$d:1|c\n..x..:1|c\n:3|c\nkey only\nkey:|c\nkey:abc|c\nkey:1',
    'hex:0x10|c\nblank: 4 |c\nexp:1e2|c\nnegative:-3|c',
    'bad:1|c|0.5\nbad:1|c|@\nbad:1|c|@-1\nbad:1|c|@0.5|x\nrate:1|c|@1e-1\nrate:1|c|@0.25x',
    'neg:-1|ms\nms:NaN|ms\nunknown:5|zzz\nh:5|h\nd:6|d\nmore: 1|ms ',
    'web.hits:1|c\r\nweb.hits:1|c\r\n',
  ],
  [],
  ['none.time:5|ms\nnone.time:6|ms\nweb.hits:0.1|c\nweb.hits:0.2|c\nweb.hits:0.3|c', 'load:10|g'],
  [],
  ['below:+1|g\nzero:1|g\nonce.more:1|s'],
]

const name = fc.stringMatching(/^[a-e](\.[a-c]){0,2}$/)
const amount = fc
  .oneof(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 1e6, noNaN: true }))
  .map(String)
const rate = fc.constantFrom('', '', '|@0.1', '|@0.25', '|@1')
const tags = fc.constantFrom('', '', '|#x:1', '|#x:1,a:2')
const line = fc.oneof(
  fc.tuple(name, amount, rate, tags).map(([n, v, r, t]) => `c.${n}:${v}|c${r}${t}`),
  fc.tuple(name, amount, rate, tags).map(([n, v, r, t]) => `t.${n}:${v}|ms${r}${t}`),
  fc.tuple(name, fc.constantFrom('', '+', '-'), amount).map(([n, s, v]) => `g.${n}:${s}${v}|g`),
  fc.tuple(name, fc.stringMatching(/^[a-z]{1,2}$/)).map(([n, v]) => `s.${n}:${v}|s`),
)
const packets = fc.array(fc.array(line, { minLength: 1, maxLength: 20 }), {
  minLength: 30,
  maxLength: 30,
})
/** The same for every run. */
const random = fc
  .sample(packets, { numRuns: 3, seed: 7 })
  .map((step) => step.map((lines) => lines.join('\n')))

const sorted = (named: string) => {
  const [dotted, ...pairs] = named.split(';')
  return [dotted, ...pairs.toSorted()].join(';')
}

async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let answer = ''
  socket.on('data', (part: string) => {
    answer += part
    if (answer.endsWith('END\n\n')) socket.end('quit\n')
  })
  socket.write(`${command}\n`)
  await once(socket, 'close')
  return answer
}

let compared = 0

test.skipIf(!peer).each(variants)('$name', { timeout: 120_000 }, async (variant) => {
  const own = join(folder, String(variants.indexOf(variant)))
  mkdirSync(own)
  const carbons = [new FakeCarbon(ignored), new FakeCarbon(ignored)] as const
  await Promise.all(carbons.map((carbon) => carbon.start()))
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const [etsyPort, etsyConsole, weirPort, weirConsole] = ports
  const [theirs, ours] = carbons
  const etsy = startEtsy(peer!.path, own, {
    port: etsyPort,
    address: '127.0.0.1',
    mgmt_port: etsyConsole,
    mgmt_address: '127.0.0.1',
    flushInterval: 1000,
    graphiteHost: '127.0.0.1',
    graphitePort: theirs.port,
    backends: ['./backends/graphite'],
    ...variant.etsy,
  })
  const weir = await RunningWeir.start(own, {
    http: { listen: '127.0.0.1:0' },
    statsd: {
      listen: `udp://127.0.0.1:${weirPort}`,
      console: { listen: `tcp://127.0.0.1:${weirConsole}` },
      flush_interval: '1s',
      // Etsy's flushes at whole seconds by itself.
      align: true,
      host: { enabled: false },
      backends: [{ type: 'graphite', host: '127.0.0.1', port: ours.port, ...variant.graphite }],
      ...variant.weir,
    },
  })
  const socket = createSocket('udp4')
  try {
    // Both are up, and timestamp_lag is there.
    for (let i = 0; i < 2; i++) await Promise.all([theirs.next(), ours.next()])
    while (theirs.waiting + ours.waiting > 0) {
      if (theirs.waiting > 0) await theirs.next()
      if (ours.waiting > 0) await ours.next()
    }
    for (const [index, step] of [...steps, ...random, [], []].entries()) {
      for (const packet of step) {
        await send(socket, packet, etsyPort)
        await send(socket, packet, weirPort)
      }
      if (index === 1 && variant === variants[0]) {
        for (const command of ['counters', 'gauges', 'timers']) {
          const [etsyText, weirText] = [
            await ask(etsyConsole, command),
            await ask(weirConsole, command),
          ]
          expect(weirText.split('\n').toSorted(), command).toEqual(etsyText.split('\n').toSorted())
        }
      }
      const [their, our] = await Promise.all([theirs.next(), ours.next()])
      const expected = Object.fromEntries(
        [...their.values].map(([key, value]) => [sorted(key), value]),
      )
      const found = Object.fromEntries([...our.values].map(([key, value]) => [sorted(key), value]))
      expect(found, `step ${index}`).toEqual(expected)
      compared += our.values.size
    }
  } finally {
    socket.close()
    await etsy.end('SIGKILL')
    await weir.kill()
    for (const carbon of carbons) carbon.stop()
  }
  console.log(`${compared} names and values compared with Etsy's statsd so far`)
})

const send = (socket: ReturnType<typeof createSocket>, packet: string, port: number) =>
  new Promise((resolve) => socket.send(packet, port, '127.0.0.1', resolve))
