/**
 * Fills an errors.sqlite as if so many events had been digested: by SQL, as the digest would take an hour for a
 * million. Ten kept events an issue, each with its words; counts, tags, hashes of each issue as the digest writes
 * them. Bodies are those of the bench's events of 20 KB, as the digest compresses them, 64 of them over and over.
 */
import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { constants, zstdCompressSync } from 'node:zlib'
import { migrate } from '../errors/database/schema.ts'
import { eventBounds } from '../errors/event/bounds.ts'
import { normalise } from '../errors/event/normalise.ts'
import { eventText } from './errors_events.ts'

export const eventsOfIssue = 10
const bodies = 64
const hourMs = 3_600_000
/** Rows of a transaction. */
const atOnce = 20_000
const idsInRow = 1_000
const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** The id of an event: as random as those of SDKs. */
export const storedEventId = (event: number): string => hash('md5', `event ${event}`)

/** @param nowMs ms since the epoch; events are spread over the week before. */
export function fillErrors(dataFolder: string, events: number, nowMs: number): void {
  mkdirSync(join(dataFolder, 'errors'), { recursive: true })
  const path = join(dataFolder, 'errors', 'errors.sqlite')
  const database = new DatabaseSync(path)
  database.exec(
    'pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -200000',
  )
  migrate(database, path)
  const issues = Math.ceil(events / eventsOfIssue)
  inTransactions(database, issues, issueWriter(database, events, nowMs))
  inTransactions(database, events, eventWriter(database, issues, nowMs))
  inTransactions(database, Math.ceil(Math.min(events, 1_000_000) / idsInRow), seenWriter(database))
  const meta = database.prepare('insert into meta (key, value) values (?, ?)')
  meta.run('kept.1', String(events))
  database.exec('analyze; pragma wal_checkpoint(truncate)')
  database.close()
}

function inTransactions(database: DatabaseSync, rows: number, write: (row: number) => void): void {
  for (let from = 0; from < rows; from += atOnce) {
    database.exec('begin')
    for (let row = from; row < Math.min(rows, from + atOnce); row++) write(row)
    database.exec('commit')
  }
}

const titleOf = (issue: number) => `Error${issue}: no cart for article ${issue % 977}`

function issueWriter(database: DatabaseSync, events: number, nowMs: number) {
  const into = (table: string, columns: string) =>
    database.prepare(
      `insert into ${table} (${columns}) values (${columns
        .split(',')
        .map(() => '?')
        .join(', ')})`,
    )
  const issue = into(
    'issues',
    'id, project, number, type, level, substatus, status_changed_ms, first_seen_ms, last_seen_ms, events, users, kept, first_release, last_release, platform',
  )
  const texts = into(
    'issue_texts',
    'issue, title, error_type, error_value, culprit, filename, function, metadata',
  )
  const hashes = into(
    'issue_hashes',
    'project, hash, issue, version, variant, events, first_seen_ms, last_seen_ms',
  )
  const hours = into('issue_hours', 'issue, hour_ms, events')
  const spans = {
    release: into('issue_releases', 'issue, release, events, first_seen_ms, last_seen_ms'),
    environment: into(
      'issue_environments',
      'issue, environment, events, first_seen_ms, last_seen_ms',
    ),
    tag: into('issue_tags', 'issue, key, value, events, first_seen_ms, last_seen_ms'),
  }
  const users = into('issue_users', 'issue, user, first_seen_ms')
  return (row: number) => {
    const id = row + 1
    const own = Math.min(eventsOfIssue, events - row * eventsOfIssue)
    const first = nowMs - ((row * 7_919) % 604_800) * 1000
    const last = first + ((row % 60) + 1) * 60_000
    const release = `shop@1.${row % 7}.0`
    const level = row % 5 === 0 ? 'fatal' : 'error'
    const times = [first, first, last]
    issue.run(id, 1, id, 'error', level, 'new', ...times, own, 3, own, release, release, 'python')
    const value = titleOf(row).slice(titleOf(row).indexOf(':') + 2)
    const metadata = JSON.stringify({ type: `Error${row}`, value, filename: 'shop/cart.py' })
    const shown = [titleOf(row), `Error${row}`, value, '/api/cart/{id}', 'shop/cart.py', 'get_cart']
    texts.run(id, ...shown, metadata)
    for (const variant of ['app', 'system']) {
      hashes.run(1, hash('md5', `${variant} ${row}`), id, 'weir:1', variant, own, first, last)
    }
    for (let hour = 0; hour < 3; hour++) {
      hours.run(id, first - (first % hourMs) + hour * hourMs, Math.ceil(own / 3))
    }
    spans.release.run(id, release, own, first, last)
    spans.environment.run(id, row % 4 === 0 ? 'staging' : 'production', own, first, last)
    for (const [key, tag] of tagsOf(row)) spans.tag.run(id, key, tag, own, first, last)
    for (let user = 0; user < 3; user++) users.run(id, row * 31 + user * 7, first)
  }
}

const tagsOf = (row: number): [string, string][] => [
  ['level', row % 5 === 0 ? 'fatal' : 'error'],
  ['handled', 'no'],
  ['mechanism', 'django'],
  ['server_name', `web-${row % 5}`],
  ['transaction', '/api/cart/{id}'],
  ['browser', 'Firefox 140'],
  ['zone', `eu-${row % 3}`],
  ['user', `id:${row % 5000}`],
]

function eventWriter(database: DatabaseSync, issues: number, nowMs: number) {
  const event = database.prepare(
    `insert into events (project, event_id, issue, hash, received_ms, timestamp_ms, level, release, environment, user,
       transaction_name, why, bytes) values (1, ?, ?, ?, ?, ?, 'error', ?, ?, ?, '/api/cart/{id}', 1, ?)`,
  )
  const body = database.prepare('insert into event_bodies (event, body) values (?, ?)')
  const words = database.prepare(
    `insert into event_words (rowid, type, message, frames, tags, user, request, breadcrumbs)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const pool = Array.from({ length: bodies }, (_, place) => {
    const sent = eventText(place, '20kb', { id: storedEventId(place), atMs: nowMs })
    const newEventId = () => storedEventId(place)
    const bounds = eventBounds.parse({})
    const kept = normalise(JSON.parse(sent), { receivedMs: nowMs, newEventId, bounds })
    const text = JSON.stringify(kept)
    return { packed: zstdCompressSync(text, level), names: namesIn(text) }
  })
  return (row: number) => {
    const issue = row % issues
    const atMs = nowMs - ((issue * 7_919) % 604_800) * 1000 + Math.floor(row / issues) * 1000
    const { packed, names } = pool[row % bodies]!
    const { lastInsertRowid: id } = event.run(
      Buffer.from(storedEventId(row), 'hex'),
      issue + 1,
      hash('md5', `app ${issue}`),
      atMs,
      atMs,
      `shop@1.${issue % 7}.0`,
      issue % 4 === 0 ? 'staging' : 'production',
      `id:${issue % 5000}`,
      packed.length,
    )
    body.run(id, packed)
    const tags = tagsOf(issue)
      .map((tag) => tag.join(' '))
      .join('\n')
    const request = 'https://shop.example.com/api/cart POST'
    const found = [`Error${issue}`, titleOf(issue), names, tags, `id:${issue % 5000}`, request]
    words.run(id, ...found, 'SELECT cart, price FROM item WHERE order_id')
  }
}

/** Files and functions of a body's frames, each once. */
const namesIn = (text: string): string =>
  [
    ...new Set(
      [...text.matchAll(/"(?:filename|module|function)":"([^"]+)"/g)].map(([, name]) => name),
    ),
  ].join('\n')

function seenWriter(database: DatabaseSync) {
  const seen = database.prepare('insert into seen (number, received_ms, ids) values (?, 0, ?)')
  return (row: number) => {
    const ids = Buffer.alloc(idsInRow * 24)
    for (let place = 0; place < idsInRow; place++) {
      ids.writeDoubleBE(1, place * 24)
      ids.write(storedEventId(row * idsInRow + place), place * 24 + 8, 16, 'hex')
    }
    seen.run(row + 1, ids)
  }
}
