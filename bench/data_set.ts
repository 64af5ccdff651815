import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type SetName = 'json' | 'short' | 'nginx'

/** Log lines to be repeated. */
export interface DataSet {
  readonly name: SetName
  readonly title: string
  readonly parser: 'json' | 'nginx'
  /** Whole lines, a few megabytes. */
  readonly block: Buffer
  readonly lines: number
}

/** Real logs that lie beside the project on some machines; elsewhere lines like them are made. */
const dataFolder = fileURLToPath(new URL('../../shared/data', import.meta.url))

export function dataSet(name: SetName): DataSet {
  const { title, parser, text } = makers[name]()
  const block = Buffer.from(text)
  return { name, title, parser, block, lines: countLines(block) }
}

const makers: Record<SetName, () => { title: string; parser: 'json' | 'nginx'; text: string }> = {
  json: () => ({
    title: 'JSON, 5.5 KB lines',
    parser: 'json',
    text: real('nginx-plus.json.log') ?? made(500, longJson),
  }),
  short: () => ({ title: 'JSON, 390 byte lines', parser: 'json', text: made(10_000, shortJson) }),
  nginx: () => ({
    title: 'nginx combined',
    parser: 'nginx',
    text: real('apache-combined.log') ?? made(10_000, combined),
  }),
}

/** Repeats the set into files of about `bytes` in all; returns what was written. */
export function writeFiles(
  set: DataSet,
  folder: string,
  bytes: number,
  files: number,
): { bytes: number; lines: number } {
  const repeats = Math.max(1, Math.round(bytes / files / set.block.length))
  for (let i = 0; i < files; i++) {
    const file = openSync(join(folder, `app-${i}.log`), 'w')
    for (let n = 0; n < repeats; n++) writeSync(file, set.block)
    // So that writing it out does not compete with what is measured.
    fsyncSync(file)
    closeSync(file)
  }
  return { bytes: files * repeats * set.block.length, lines: files * repeats * set.lines }
}

function real(name: string): string | undefined {
  const path = join(dataFolder, name)
  if (!existsSync(path)) return undefined
  const text = readFileSync(path, 'utf8')
  return text.endsWith('\n') ? text : `${text}\n`
}

function made(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('')
}

const time = (n: number) => new Date(1_760_000_000_000 + n * 137).toISOString()
const path = (n: number) => `/shop/items/${(n * 7919) % 5000}/reviews`

function shortJson(n: number): string {
  return JSON.stringify({
    '@timestamp': time(n),
    level: n % 20 === 0 ? 'error' : 'info',
    logger: 'shop.checkout.PaymentService',
    message: `payment ${n} for order ${(n * 31) % 100_000} was accepted by the provider after ${n % 900} ms`,
    service: { name: 'checkout', version: '4.12.3', environment: 'production' },
    trace: { id: (n * 2_654_435_761).toString(16).padStart(32, '0') },
    http: { request: { method: 'POST' }, response: { status_code: 200 + (n % 5) } },
    url: { path: path(n) },
    event: { duration: (n * 104_729) % 1_000_000_000 },
  })
}

function longJson(n: number): string {
  const zone = (i: number) => ({
    processing: i % 3,
    requests: 205_543 + n * i,
    responses: { '1xx': 0, '2xx': 179_026 + n, '3xx': 12_627, '4xx': 2828, '5xx': i, total: n },
    discarded: 9167,
    received: 64_355_461 + n,
    sent: 6_490_717_598 + n,
    server: `10.0.0.${i}:8080`,
    state: 'up',
  })
  const zones = Object.fromEntries(
    Array.from({ length: 26 }, (_, i) => [`zone-${i}.example.com`, zone(i)]),
  )
  return JSON.stringify({ version: 6, timestamp: 1_446_249_499_322 + n, server_zones: zones })
}

const agents = [
  'Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.10# Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/33.0.1750.# Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:2#.0) Gecko/20100101 Firefox/2#.0',
  'Mozilla/5.0 (compatible; Googlebot/2.#; +http://www.google.com/bot.html)',
  'UniversalFeedParser/4.#-pre-314-svn +http://feedparser.org/',
]

/** As varied as the real one, so that sizes and the store's questions say the same. */
function combined(n: number): string {
  const address = `83.${n % 256}.${(n * 7) % 256}.216`
  const when = `17/May/2025:10:${String(n % 60).padStart(2, '0')}:03 +0000`
  const asked =
    n % 3 === 0 ? `/images/web/2009/banner${n % 700}.png` : `/presentations/logstash-${n % 800}/`
  const status = n % 50 === 7 ? 404 : n % 25 === 3 ? 304 : n % 3000 === 1 ? 500 : 200
  const referrer = `https://shop.example.com/search/${(n * 31) % 600}`
  const agent = agents[n % agents.length]!.replaceAll('#', String(n % 9))
  return `${address} - - [${when}] "GET ${asked} HTTP/1.1" ${status} ${n * 13} "${referrer}" "${agent}"`
}

function countLines(block: Buffer): number {
  let lines = 0
  for (let at = block.indexOf(10); at >= 0; at = block.indexOf(10, at + 1)) lines += 1
  return lines
}
