import { DatabaseSync } from 'node:sqlite'
import type { Position } from '../../../core/journal/batch.ts'
import { migrate } from '../../../errors/database/schema.ts'
import { digestConfig } from '../../../errors/digest/config.ts'
import { Digestion, type DigestionWorld } from '../../../errors/digest/digestion.ts'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import type { Grouping } from '../../../errors/grouping/grouping.ts'
import { encodeReport, type Report } from '../../../errors/reports.ts'

export const startMs = Date.UTC(2026, 0, 5, 12)

export function openMemory(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  migrate(database, 'memory')
  return database
}

/** Events are grouped by their exception's type; the message splits. */
export function groupByType(_project: number, event: SentryEvent): Grouping {
  const [exception] = event.exception?.values ?? []
  const { type = 'Message', value = '' } = exception ?? {}
  const hash = (text: string) => Buffer.from(text.padEnd(16, '.')).toString('hex').slice(0, 32)
  return {
    version: 'test:1',
    hashes: [hash(`a${type}`), hash(`s${type}`)],
    splitHashes: [hash(`A${type}${value}`), hash(`S${type}${value}`)],
    variants: [
      { name: 'app', type: 'component', contributes: true, hash: hash(`a${type}`) },
      { name: 'system', type: 'component', contributes: true, hash: hash(`s${type}`) },
    ],
    title: `${type}: ${value}`,
    type,
    value,
    culprit: event.transaction ?? '',
    location: 'app.js',
    function: 'run',
  }
}

export const eventIdOf = (number: number): string => number.toString(16).padStart(32, '0')

export interface Told {
  readonly id: number
  readonly type?: string
  readonly value?: string
  readonly atMs?: number
  readonly project?: number
  readonly event?: Partial<SentryEvent>
}

export function eventReport(told: Told): Extract<Report, { kind: 'event' }> {
  const { id, type = 'Error', value = 'broken', atMs = startMs, project = 1, event } = told
  return {
    kind: 'event',
    project,
    key: 'k'.repeat(32),
    received_ms: atMs,
    event_id: eventIdOf(id),
    event: {
      event_id: eventIdOf(id),
      timestamp: atMs / 1000,
      received: atMs / 1000,
      type: 'error',
      level: 'error',
      platform: 'node',
      exception: { values: [{ type, value }] },
      ...event,
    },
  }
}

export const fileReport = (
  id: number,
  atMs = startMs,
): Extract<Report, { kind: 'attachments' }> => ({
  kind: 'attachments',
  project: 1,
  key: 'k'.repeat(32),
  received_ms: atMs,
  event_id: eventIdOf(id),
  attachments: [
    {
      name: 'early.txt',
      type: 'event.attachment',
      content_type: 'text/plain',
      size: 1,
      blob: 'b'.repeat(64),
    },
  ],
})

export const feedbackReport = (id: number): Extract<Report, { kind: 'feedback' }> => ({
  kind: 'feedback',
  project: 1,
  key: 'k'.repeat(32),
  received_ms: startMs,
  event_id: eventIdOf(id),
  feedback: { message: 'it broke', source: 'user_report' },
})

type Given = Partial<DigestionWorld> & {
  readonly config?: object
  readonly sent?: Position | undefined
}

/** A digestion over a database, in memory unless one is given. */
export function digestionOf(database = openMemory(), given: Given = {}) {
  const { config = {}, sent, ...world } = given
  const digestion = new Digestion(database, digestConfig.parse(config), sent, {
    group: groupByType,
    rulesOf: () => 'test',
    symbolicator: {
      prepare: async () => undefined,
      apply: () => undefined,
      hasUploads: () => false,
    },
    slugOf: () => 'shop',
    nowMs: () => startMs,
    count: () => undefined,
    onUndigestible: (failure) => {
      throw failure
    },
    ...world,
  })
  let ordinal = 0
  const digest = async (...reports: readonly Report[]) => {
    const lines = reports.map((report) => ({
      place: { segment: 'a', ordinal: ordinal++ },
      bytes: Buffer.from(encodeReport(report).trimEnd()),
    }))
    const events = digestion.digest(await digestion.prepare(lines))
    digestion.commit({ errors: { segment: 'a', ordinal } })
    return events
  }
  const rows = (sql: string, ...values: (string | number)[]): Record<string, unknown>[] =>
    database
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }))
  return { database, digestion, digest, rows }
}
