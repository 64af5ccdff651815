import { parseArgs } from 'node:util'
import { eventBounds } from '../errors/event/bounds.ts'
import { normalise } from '../errors/event/normalise.ts'
import { scrubbingConfig } from '../errors/scrub/config.ts'
import { compileScrubbing } from '../errors/scrub/rules.ts'
import { scrub } from '../errors/scrub/scrub.ts'
import type { JsonRecord } from '../store/search.ts'

/**
 * What taking in one error event costs before it is written: microseconds of one core to parse, normalise and
 * scrub it. `bin/node bench/error_event.ts [--rounds 3000]`. Each event has 30 frames with source lines and 100
 * breadcrumbs, as an SDK sends them; no two are the same.
 */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3000' } } })
const rounds = Number(values.rounds)

const words =
  'order user basket price total item list row query render fetch load save index'.split(' ')
const word = (n: number): string => words[n % words.length]!

/**
 * @param lines before and after that of a frame, each
 * @param size of a frame's variables and a breadcrumb's data, in entries
 */
function eventOf(seed: number, lines: number, size: number): JsonRecord {
  const line = (n: number): string =>
    `    const ${word(n + seed)} = await this.${word(n * 7)}.${word(n * 3)}(${seed + n})`
  const around = (n: number): string[] => Array.from({ length: lines }, (_, at) => line(n + at))
  const entries = (n: number): JsonRecord => {
    const record: JsonRecord = {}
    for (let index = 0; index < size; index++) {
      record[`${word(n + index)}_${index}`] =
        index % 3 === 0 ? n * index : `${word(index)} ${seed} ${n}`
    }
    return record
  }
  const frames = Array.from({ length: 30 }, (_, n) => ({
    filename: `src/${word(n)}/${word(n + 1)}.js`,
    abs_path: `/srv/app/src/${word(n)}/${word(n + 1)}.js`,
    function: `${word(n)}.${word(n + 2)}`,
    module: `${word(n)}.${word(n + 1)}`,
    lineno: 10 + n,
    colno: 5,
    in_app: n % 3 === 0,
    pre_context: around(n),
    context_line: line(n),
    post_context: around(n + 9),
    ...(n % 3 === 0 && { vars: entries(n) }),
  }))
  const breadcrumbs = Array.from({ length: 100 }, (_, n) => ({
    timestamp: 1_700_000_000 + n,
    type: 'http',
    category: n % 2 === 0 ? 'fetch' : 'console',
    level: 'info',
    message: n % 2 === 0 ? undefined! : `${word(n)} ${word(n + seed)} done in ${n} ms`,
    data:
      n % 2 === 0
        ? { method: 'GET', url: `https://shop.example.com/${word(n)}/${seed}`, status_code: 200 }
        : { logger: 'console', ...entries(n) },
  }))
  return {
    event_id: seed.toString(16).padStart(32, '0'),
    timestamp: 1_700_000_100.5,
    platform: 'node',
    level: 'error',
    release: 'shop@1.2.3',
    environment: 'production',
    server_name: 'web-1',
    exception: {
      values: [
        {
          type: 'TypeError',
          value: `Cannot read ${word(seed)} of undefined`,
          mechanism: { type: 'generic', handled: false },
          stacktrace: { frames },
        },
      ],
    },
    breadcrumbs: { values: breadcrumbs },
    request: {
      url: 'https://shop.example.com/basket?id=7',
      method: 'POST',
      headers: {
        'user-agent':
          'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
        accept: '*/*',
        host: 'shop.example.com',
      },
      data: entries(1),
    },
    user: { id: String(seed), ip_address: '192.0.2.7' },
    tags: { section: word(seed), plan: 'pro' },
    contexts: {
      runtime: { name: 'node', version: 'v24.1.0' },
      os: { name: 'Linux', version: '6.1' },
      trace: { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) },
    },
    extra: entries(3),
    modules: Object.fromEntries(words.map((name) => [name, '1.2.3'])),
    sdk: {
      name: 'sentry.javascript.node',
      version: '9.1.0',
      packages: [{ name: 'npm:@sentry/node', version: '9.1.0' }],
      integrations: ['Http', 'Console'],
    },
  }
}

/** Milliseconds of CPU that this thread has used: a busy machine shows the same. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1e3
}

const rules = compileScrubbing(scrubbingConfig.parse({}))
const bounds = eventBounds.parse({})

function measure(lines: number, size: number): void {
  const texts = Array.from({ length: 200 }, (_, seed) => JSON.stringify(eventOf(seed, lines, size)))
  const spent = { parse: 0, normalise: 0, scrub: 0, stringify: 0 }
  for (let round = -500; round < rounds; round++) {
    if (round === 0) for (const key of Object.keys(spent)) spent[key as keyof typeof spent] = 0
    const times = [cpuMs()]
    const raw = JSON.parse(texts[(round + 500) % texts.length]!) as JsonRecord
    times.push(cpuMs())
    const event = normalise(raw, {
      receivedMs: 1_700_000_101_000,
      newEventId: () => '0'.repeat(32),
      bounds,
    })
    times.push(cpuMs())
    scrub(event, rules)
    times.push(cpuMs())
    JSON.stringify(event)
    times.push(cpuMs())
    for (const [index, key] of Object.keys(spent).entries()) {
      spent[key as keyof typeof spent] += times[index + 1]! - times[index]!
    }
  }
  const each = Object.entries(spent).map(
    ([key, ms]) => `${key} ${((ms * 1e3) / rounds).toFixed(0)}`,
  )
  process.stdout.write(
    `${(texts[0]!.length / 1e3).toFixed(0)} kB: µs an event: ${each.join(', ')}\n`,
  )
}

measure(2, 0)
measure(5, 9)
