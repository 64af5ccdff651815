import { DatabaseSync } from 'node:sqlite'
import { alertFields, type Rule } from '../../../errors/alerts/config.ts'
import type { PlannedMessage } from '../../../errors/alerts/plan.ts'
import { migrate } from '../../../errors/database/schema.ts'

/** errors.sqlite in memory. */
export function errorsDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  migrate(database, ':memory:')
  return database
}

/** Rules as a config would have them. */
export const rulesOf = (...rules: object[]): Rule[] => alertFields.alerts.parse(rules)

export const slugs = new Map([
  [1, 'shop'],
  [2, 'blog'],
])

export interface Happened {
  readonly kind?: string
  readonly project?: number
  readonly issue?: number
  readonly atMs?: number
  readonly data?: object
}

export function happen(database: DatabaseSync, ...all: Happened[]): void {
  const insert = database.prepare(
    'insert into triggers (kind, project, issue, event_id, at_ms, data) values (?, ?, ?, ?, ?, ?)',
  )
  for (const { kind = 'new_issue', project = 1, issue, atMs = 0, data = {} } of all) {
    const about = { level: 'error', title: `Error of ${issue}`, ...data }
    insert.run(kind, project, issue ?? null, null, atMs, JSON.stringify(about))
  }
}

/** A delivery as it was planned. */
interface Told extends PlannedMessage {
  readonly rule: string
  readonly channel: string
  readonly createdMs: number
  readonly messageId: string
}

export function toldIn(database: DatabaseSync): Told[] {
  return database
    .prepare('select * from alert_deliveries order by id')
    .all()
    .map((row) => ({
      ...(JSON.parse(String(row['message'])) as PlannedMessage),
      rule: String(row['rule']),
      channel: String(row['channel']),
      createdMs: Number(row['created_ms']),
      messageId: String(row['message_id']),
    }))
}

/** @param sql gives one number as `n`. */
export const numberOf = (database: DatabaseSync, sql: string) =>
  Number(database.prepare(sql).get()?.['n'])
