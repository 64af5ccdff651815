/**
 * `npm run bench [name…] [-- options]`: each bench prints a table. Without a name, all of them.
 *
 *   tail      file -> parse -> journal (durable) -> Elasticsearch output -> a sink, and peers on the PATH
 *   network   UDP, TCP and HTTP lines a second without loss
 *   idle      10,000 idle files and 100 changing ones; Weir without a config
 *   start     process start to listening
 *   journal   append, read and recovery
 *   parsers   each parser alone
 *   store     journal -> searchable segments, questions, append -> found
 *   statsd    StatsD packets a second without loss, beside other daemons; what a flush takes
 *   metrics   points: journal -> Parquet, questions, 100,000 series at once, a million names
 *
 * Options: `--bytes 200MB` (tail: size of each data set), `--peers none|only` (tail, statsd), `--sets json,short,nginx`
 * (tail), `--growth none` (tail), `--profile FOLDER` (tail: V8 CPU profiles of each run), `--events 5000000` (store),
 * `--seconds 3` (statsd: how long each rate is tried),
 * `--folder DIR` (store: keeps the data there, and goes on with what is).
 */
import process from 'node:process'

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
}

const named = process.argv.slice(2).filter((word) => word in benches)
const unknown = process.argv[2]
if (named.length === 0 && unknown !== undefined && !unknown.startsWith('--')) {
  console.error(`no bench "${unknown}": ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}
for (const name of named.length > 0 ? named : Object.keys(benches)) {
  console.log(`\n## bench ${name}\n`)
  const { run } = await benches[name]!()
  await run()
}
