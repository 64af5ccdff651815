import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Batch } from '../core/journal/batch.ts'
import { dataSet } from './data_set.ts'

export const stream = 'logs-nginx.access-default'
export const firstMs = Date.UTC(2026, 10, 1)
/** 24 million events a day. */
export const msPerEvent = 3.6
export const dayEvents = 24_000_000
/** In one event of two million. */
export const rareWord = 'needle4711'

/** A line of the nginx set as `weir parse nginx` makes it, cut where it varies. */
type Template = readonly string[]
let templates: readonly Template[] | undefined

/** Events `from` to `from + count`: none is like another in time, address, size and path together. */
export function eventsAt(from: number, count: number): Batch {
  templates ??= templatesOf()
  const lines: string[] = []
  for (let n = from; n < from + count; n++) {
    const [a, b, c, d, e, f, g] = templates[(n * 7919) % templates.length]!
    const time = new Date(firstMs + n * msPerEvent).toISOString()
    const ip = `${20 + ((n * 7) % 200)}.${(n * 13) % 256}.${(n * 31) % 256}.${(n * 101) % 256}`
    const item = (n * 7919) % 5_000
    const word = n % 2_000_003 === 1_000 ? `,"message":"${rareWord}"` : ''
    lines.push(
      `${a}${time}${b}${ip}${c}${ip}${d}${(n * 104_729) % 300_000}${e}${item}${f}${item}${g}${word}}\n`,
    )
  }
  return { stream, tag: 'nginx.access', bytes: Buffer.from(lines.join('')), count }
}

interface Parsed {
  '@timestamp': string
  source?: object
  log?: object
  http?: { response?: { status_code?: number; body?: { bytes: string } } }
  url?: { path: string; original: string }
}

function templatesOf(): Template[] {
  const weir = fileURLToPath(new URL('../bin/weir', import.meta.url))
  const { stdout } = spawnSync(weir, ['parse', 'nginx'], {
    input: dataSet('nginx').block,
    maxBuffer: 1e9,
  })
  return stdout
    .toString()
    .trim()
    .split('\n')
    .flatMap((line) => {
      const event = JSON.parse(line) as Parsed
      const { response } = event.http ?? {}
      if (!response || !event.url) return []
      const status = response.status_code ?? 0
      event['@timestamp'] = '\u0000'
      event.source = { address: '\u0000', ip: '\u0000' }
      response.body = { bytes: '\u0000' }
      event.url = {
        ...event.url,
        path: `${event.url.path}/\u0000`,
        original: `${event.url.original}/\u0000`,
      }
      event.log = { level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info' }
      const text = JSON.stringify(event)
        .slice(0, -1)
        .replace('"bytes":"\\u0000"', '"bytes":\\u0000')
      const parts = text.split('\\u0000')
      return parts.length === 7 ? [parts] : []
    })
}
