/**
 * Envelopes as SDKs send them, for the bench: 30 frames with their lines, breadcrumbs, request, contexts. What
 * differs from event to event (id, time, the type of a unique error) comes first and is stored; the rest is
 * compressed once for each issue, so that a sender can make thousands a second.
 */
import { randomBytes } from 'node:crypto'
import { constants, crc32, deflateRawSync } from 'node:zlib'

/** Bytes of the event's JSON. */
export type EventSize = '20kb' | '50kb'

export interface EventPlan {
  readonly size: EventSize
  /** How many different issues there are. */
  readonly issues: number
  /** Share of events that are an issue of their own. */
  readonly unique: number
}

const words =
  'order cart price article user session request response token total amount invoice customer shipping address stock item query result cache store event handler context value index buffer stream parser config option'.split(
    ' ',
  )
const shapes = {
  '20kb': { lines: 3, vars: 0, breadcrumbs: 15 },
  '50kb': { lines: 7, vars: 10, breadcrumbs: 72 },
} as const

/** A generator of numbers that a seed decides. */
function chance(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** The event without what differs: JSON from `"stacktrace":` of its exception on. */
function rest(issue: number, size: EventSize): string {
  const next = chance(issue + 1)
  const word = () => words[next(words.length)]!
  const name = () => `${word()}_${word()}`
  const line = () => `    ${name()} = ${word()}(${next(1000)})`
  const { lines, vars, breadcrumbs } = shapes[size]
  const frames = Array.from({ length: 30 }, (_, place) => {
    const module = `shop.${place % 3 === 0 ? 'vendor' : 'app'}.${word()}.${name()}`
    const file = `${module.replaceAll('.', '/')}.py`
    return {
      filename: file,
      abs_path: `/srv/shop/releases/20260114/${file}`,
      function: place === 29 ? `fail_${issue}` : name(),
      module,
      lineno: 20 + next(400),
      pre_context: Array.from({ length: lines }, line),
      context_line: line(),
      post_context: Array.from({ length: lines }, line),
      in_app: place % 3 !== 0,
      vars: Object.fromEntries(
        Array.from({ length: vars }, () => [name(), `'${word()} ${next(1e9)}'`]),
      ),
    }
  })
  const after = {
    platform: 'python',
    level: 'error',
    release: `shop@1.${issue % 7}.0`,
    environment: issue % 4 === 0 ? 'staging' : 'production',
    server_name: `web-${issue % 5}`,
    transaction: `/api/${word()}/{id}`,
    tags: { shop: 'berlin', feature: word(), browser: 'Firefox 140', zone: `eu-${issue % 3}` },
    user: { id: String(next(5000)), username: `${word()}.${word()}` },
    request: {
      method: 'POST',
      url: `https://shop.example.com/api/${word()}/${next(1e6)}?page=${next(90)}&sort=${word()}`,
      headers: { Accept: 'application/json', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)' },
      data: Object.fromEntries(Array.from({ length: 6 }, () => [name(), next(1e6)])),
    },
    contexts: {
      runtime: { name: 'CPython', version: '3.12.1', build: '3.12.1 (main)' },
      trace: {
        trace_id: next(2 ** 31)
          .toString(16)
          .padStart(32, '0'),
        span_id: '00f067aa0ba902b7',
      },
    },
    extra: { 'sys.argv': ['/srv/shop/bin/gunicorn', 'shop.wsgi'], attempt: next(5) },
    modules: Object.fromEntries(Array.from({ length: 25 }, () => [name(), `1.${next(20)}.0`])),
    breadcrumbs: {
      values: Array.from({ length: breadcrumbs }, () => ({
        timestamp: 1_795_000_000 + next(1000),
        type: 'default',
        category: next(2) === 0 ? 'query' : 'http',
        level: 'info',
        message: `SELECT ${word()}, ${word()} FROM ${word()} WHERE ${word()}_id = ${next(1e6)}`,
        data: { duration_ms: next(300) },
      })),
    },
    sdk: { name: 'sentry.python', version: '2.75.0' },
  }
  return `"stacktrace":${JSON.stringify({ frames })},"mechanism":{"type":"django","handled":false}}]},${JSON.stringify(after).slice(1)}`
}

/** An event as it is sent, whole. @param atMs ms since the epoch. */
export function eventText(
  issue: number,
  size: EventSize,
  { id, atMs }: { readonly id: string; readonly atMs: number },
): string {
  return (
    headOf({ id, type: `Error${issue}`, value: 'no order for article 1', atMs }) + rest(issue, size)
  )
}

/** What differs from event to event. */
const headOf = (event: { id: string; type: string; value: string; atMs: number }): string =>
  `{"event_id":"${event.id}","timestamp":${event.atMs / 1000},"exception":{"values":[{"type":"${event.type}","value":"${event.value}",`

interface Prepared {
  readonly text: Buffer
  readonly deflated: Buffer
}

/** Makes request bodies: gzip, one member, as any SDK's. */
export class Envelopes {
  readonly #plan: EventPlan
  readonly #prepared: Prepared[]
  #count = 0

  constructor(plan: EventPlan) {
    this.#plan = plan
    this.#prepared = Array.from({ length: plan.issues }, (_, issue) => {
      const text = Buffer.from(rest(issue, plan.size))
      return { text, deflated: deflateRawSync(text, { level: constants.Z_DEFAULT_COMPRESSION }) }
    })
  }

  /** The next event. @param nowMs ms since the epoch. */
  next(nowMs: number): Buffer {
    const count = this.#count++
    const { issues, unique } = this.#plan
    // Some issues happen more often than others: the square of a spread-out number.
    const place = Math.floor((((count * 7919) % 10_007) / 10_007) ** 2 * issues)
    const { text, deflated } = this.#prepared[place]!
    const id = randomBytes(16).toString('hex')
    const isUnique = unique > 0 && count % Math.round(1 / unique) === 0
    const type = isUnique ? `Once${id}` : `Error${place}`
    const value = `no ${words[count % words.length]} for article ${count}`
    const event = headOf({ id, type, value, atMs: nowMs })
    const header = `{"event_id":"${id}","sent_at":"${new Date(nowMs).toISOString()}"}\n{"type":"event","length":${event.length + text.length}}\n`
    return gzipOf(Buffer.from(header + event), text, deflated)
  }
}

/** One gzip member: `head` as a stored block, `text` as it was deflated before. */
function gzipOf(head: Buffer, text: Buffer, deflated: Buffer): Buffer {
  const block = Buffer.alloc(15)
  block.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0])
  block.writeUInt16LE(head.length, 11)
  block.writeUInt16LE(~head.length & 0xffff, 13)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(text, crc32(head)), 0)
  trailer.writeUInt32LE(head.length + text.length, 4)
  return Buffer.concat([block, head, deflated, trailer])
}
