import process from 'node:process'
import { parseArgs } from 'node:util'
import { messageOf } from '../core/errors.ts'

const help = `npm run bench [-- [name…] [options]]: each bench prints a table. Without a name, all of them.

  tail      file -> parse -> journal (durable) -> Elasticsearch output -> a sink, and peers on the PATH
  network   UDP, TCP and HTTP lines a second without loss
  idle      10,000 idle files and 100 changing ones; Weir without a config
  start     process start to listening
  journal   append, read and recovery
  parsers   each parser alone
  store     journal -> searchable segments, questions, append -> found
  statsd    StatsD packets a second without loss, beside other daemons; what a flush takes
  metrics   points: journal -> Parquet, questions, 100,000 series at once, a million names
  errors    error reports a second, accepted and digested, beside Bugsink; issue lists and events among many
  source_maps  the first stack of a large map, and the next ones
  graphite  /render over a day of many series, beside graphite-web

  --bytes 200MB              tail: size of each data set
  --sets json,short,nginx    tail: which of them; errors: 20kb,50kb
  --connections 1,8,64       errors: how many at once
  --growth none|only         tail: not how the cost grows with files and workers; errors: with stored events
  --peers none|only          tail, statsd, store, errors: without peers; all but store: nothing else
  --profile FOLDER           tail, errors: V8 CPU profiles of each run
  --events 5000000           store: how many; 1000000,10000000 one after the other, and how times grow;
                             errors: of how many stored ones, 10000,100000,1000000
  --seconds 3                statsd: how long each rate is tried; errors: load
  --short                    statsd: half the time for each rate, fewer shapes of the peers
  --series 2000 --hours 24   metrics, graphite: how many, and of how long
  --step 60                  graphite: seconds between two points
  --names 1000000            metrics: how many are looked up
  --folder DIR               store, errors: keeps the data there, and goes on with what is
`

const benches: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  tail: () => import('./tail.ts'),
  network: () => import('./network.ts'),
  idle: () => import('./idle.ts'),
  start: () => import('./start.ts'),
  journal: () => import('./journal.ts'),
  parsers: () => import('./parsers.ts'),
  store: () => import('./store.ts'),
  statsd: () => import('./statsd.ts'),
  metrics: () => import('./metrics.ts'),
  graphite: () => import('./graphite.ts'),
  errors: () => import('./errors.ts'),
  source_maps: () => import('./source_maps.ts'),
}

const text = { type: 'string' } as const

/** What the command line asks for; each bench reads its options by itself (options.ts). */
function asked(): { help: boolean; names: readonly string[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      bytes: text,
      sets: text,
      growth: text,
      peers: text,
      profile: text,
      events: text,
      seconds: text,
      short: { type: 'boolean', default: false },
      step: text,
      connections: text,
      series: text,
      names: text,
      hours: text,
      folder: text,
    },
  })
  const unknown = positionals.find((name) => !Object.hasOwn(benches, name))
  if (unknown !== undefined) {
    throw new Error(`no bench "${unknown}": ${Object.keys(benches).join(', ')}`)
  }
  return { help: values.help, names: positionals.length > 0 ? positionals : Object.keys(benches) }
}

let names: readonly string[] = []
try {
  const wanted = asked()
  if (wanted.help) console.log(help)
  else names = wanted.names
} catch (failure) {
  console.error(`${messageOf(failure)}\n\n${help}`)
  process.exitCode = 2
}
for (const name of names) {
  console.log(`\n## bench ${name}\n`)
  const { run } = await benches[name]!()
  await run()
}
