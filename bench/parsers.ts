/**
 * Each parser alone, in memory: bytes of lines in, JSON text out, by the direct way and by objects. Seconds
 * are those of the thread's CPU, so that a busy machine shows the same.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { EventBuffer } from '../collector/event_buffer.ts'
import { eventText } from '../collector/event_text.ts'
import { Refusal, type Parser } from '../collector/parser.ts'
import { parserFrom, type ParserConfig } from '../collector/parsers/all.ts'
import { formatTable } from '../commands/table.ts'

interface Lines {
  readonly name: string
  readonly bytes: Buffer
  readonly spans: readonly number[]
}

const arrival = '2026-11-21T10:17:37.123Z'
const arrivalBytes = Buffer.from(arrival)
const passMs = 900

/** Prints MB/s and lines/s of every parser; about fifteen seconds. */
export async function run(): Promise<void> {
  const jobs: readonly [Lines, ParserConfig][] = [
    [real('nginx-plus.json.log') ?? longJson(), 'json'],
    [shortJson(), 'json'],
    [accessLog(), 'nginx'],
    [accessLog(), { type: 'nginx', fields: 'fluentd' }],
    [accessLog(), 'none'],
    [real('loghub-openssh.log') ?? syslogLines(), { type: 'syslog', timezone: 'UTC' }],
    [
      accessLog(),
      {
        type: 'regexp',
        expression:
          '^(?<remote>[^ ]*) [^ ]* (?<user>[^ ]*) \\[(?<time>[^\\]]*)\\] "(?<request>[^"]*)" (?<code>\\d+) ',
      },
    ],
  ]
  const rows = jobs.flatMap(([lines, config]) => {
    const parser = parserFrom(config, 'none')
    const name =
      typeof config === 'string' ? config : Object.values(config).slice(0, 2).join(' ').slice(0, 16)
    return [direct, byObject].flatMap((way) => {
      if (way === direct && !parser.transcode) return []
      const seconds = secondsOf(() => way(parser, lines))
      const count = lines.spans.length / 2
      return [
        [
          name,
          lines.name,
          way === direct ? 'direct' : 'object',
          (lines.bytes.length / seconds / 1e6).toFixed(0),
          (count / seconds / 1e3).toFixed(0),
        ],
      ]
    })
  })
  console.log(formatTable(['parser', 'lines', 'way', 'MB/s', 'klines/s'], rows))
}

function direct(parser: Parser, { bytes, spans }: Lines): void {
  out.length = 0
  for (let at = 0; at < spans.length; at += 2) {
    if (out.length > 4e6) out.length = 0
    parser.transcode!(bytes, spans[at]!, spans[at + 1]!, out, arrivalBytes)
  }
}
const out = new EventBuffer(8e6)

function byObject(parser: Parser, { bytes, spans }: Lines): void {
  out.length = 0
  for (let at = 0; at < spans.length; at += 2) {
    if (out.length > 4e6) out.length = 0
    const event = parser.parse(bytes, spans[at]!, spans[at + 1]!, () => undefined)
    if (!(event instanceof Refusal)) out.text(eventText(event, arrival))
  }
}

/** What one run takes, in seconds of this thread's CPU time, over as many as fit into a while. */
function secondsOf(work: () => void): number {
  for (const until = performance.now() + passMs / 3; performance.now() < until;) work()
  const before = process.threadCpuUsage()
  let runs = 0
  for (const until = performance.now() + passMs; performance.now() < until; runs++) work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / runs / 1e6
}

function linesOf(name: string, bytes: Buffer): Lines {
  const spans: number[] = []
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    spans.push(start, bytes[end - 1] === 13 ? end - 1 : end)
    start = end + 1
  }
  return { name: `${name}, ${Math.round((bytes.length / spans.length) * 2)} B`, bytes, spans }
}

/** Real logs, where the project's folder has them beside it. */
function real(name: string): Lines | undefined {
  const path = join(import.meta.dirname, '../../shared/data', name)
  return existsSync(path) ? linesOf(name, readFileSync(path)) : undefined
}

function made(name: string, count: number, line: (index: number) => string): Lines {
  return linesOf(
    name,
    Buffer.from(Array.from({ length: count }, (_, at) => `${line(at)}\n`).join('')),
  )
}

const time = (index: number) => new Date(1.7e12 + index * 137).toISOString()

function shortJson(): Lines {
  return made('short JSON', 6000, (index) =>
    JSON.stringify({
      '@timestamp': time(index),
      level: index % 9 === 0 ? 'warn' : 'info',
      logger: 'com.example.shop.checkout.CartService',
      thread: `http-nio-8080-exec-${index % 16}`,
      message: `Order ${index} was placed by customer ${index * 7} with 3 items, total 129.90 EUR, paid by card`,
      service: { name: 'shop', version: '1.14.2' },
      trace: { id: '4bf92f3577b34da6a3ce929d0e0e4736' },
      span: { id: '00f067aa0ba902b7' },
      duration_ms: 12.5 + (index % 10),
      ok: true,
    }),
  )
}

function longJson(): Lines {
  const zone = (index: number) => ({
    requests: index * 7919,
    responses: { '2xx': index * 7907, total: index },
    peers: [1, 2.5, null, 'up'],
  })
  return made('long JSON', 500, (index) =>
    JSON.stringify({
      version: 6,
      zones: Object.fromEntries(
        Array.from({ length: 50 }, (_, at) => [`zone${at}.example.org`, zone(index + at)]),
      ),
    }),
  )
}

function accessLog(): Lines {
  return (
    real('apache-combined.log') ??
    made(
      'access log',
      10_000,
      (index) =>
        `192.0.2.${index % 250} - - [17/May/2015:10:${String(10 + (index % 50))}:03 +0000] "GET /blog/articles/${index}?flav=rss20 HTTP/1.1" 200 ${index * 13} "http://example.com/blog/tags/puppet" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0 Safari/537.36"`,
    )
  )
}

function syslogLines(): Lines {
  return made(
    'syslog',
    2000,
    (index) =>
      `Dec 10 06:55:${10 + (index % 50)} LabSZ sshd[${24200 + index}]: Invalid user webmaster from 192.0.2.1`,
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run()
