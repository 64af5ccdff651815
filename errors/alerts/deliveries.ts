import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { JsonRecord } from '../../store/search.ts'
import type { PlannedMessage } from './plan.ts'

/** A message for a channel, to be sent now. */
export interface DueDelivery {
  readonly id: number
  readonly messageId: string
  readonly rule: string
  readonly channel: string
  readonly message: PlannedMessage
  readonly createdMs: number
  /** From 1. */
  readonly attempt: number
  /** An earlier attempt's fate is not known. */
  readonly mayBeRepeat: boolean
}

/** What became of an attempt. */
export interface Outcome {
  readonly id: number
  readonly state: 'sent' | 'failed' | 'pending'
  readonly detail: string
  /** When to try again. */
  readonly nextMs?: number
  readonly fateUnknown?: boolean
}

const detailMax = 1000
/** Stands in front of `run` when the fate of an attempt is unknown, so that the next one says so. */
const unknownFate = '?'

/** Deliveries on their way: recorded before an attempt and after it. */
export class Deliveries {
  readonly #statements

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      due: prepare(
        `select * from alert_deliveries where (state = 'pending' and next_ms <= ?1)
           or (state = 'sending' and run <> ?2) order by id limit ?3`,
      ),
      begin: prepare(
        "update alert_deliveries set state = 'sending', run = ?2, attempts = attempts + 1 where id = ?1",
      ),
      settle: prepare(
        'update alert_deliveries set state = ?2, settled_ms = ?3, next_ms = ?4, run = ?5, detail = ?6 where id = ?1',
      ),
      list: prepare('select * from alert_deliveries order by id desc limit ?'),
      counts: prepare('select state, count(*) as count from alert_deliveries group by state'),
      rules: prepare('select * from alert_rules order by rule'),
    }
  }

  /** Inside a transaction: what comes back is on record as being sent by `run`. */
  begin(run: string, nowMs: number, most: number): DueDelivery[] {
    return this.#statements.due.all(nowMs, run, most).map((row) => {
      this.#statements.begin.run(row['id']!, run)
      return {
        id: Number(row['id']),
        messageId: String(row['message_id']),
        rule: String(row['rule']),
        channel: String(row['channel']),
        message: JSON.parse(String(row['message'])) as PlannedMessage,
        createdMs: Number(row['created_ms']),
        attempt: Number(row['attempts']) + 1,
        mayBeRepeat: row['state'] === 'sending' || row['run'] === unknownFate,
      }
    })
  }

  settle({ id, state, detail, nextMs, fateUnknown }: Outcome, nowMs: number): void {
    const isPending = state === 'pending'
    const run = isPending && fateUnknown ? unknownFate : null
    const settled = isPending ? null : nowMs
    const told = detail.slice(0, detailMax)
    this.#statements.settle.run(id, state, settled, nextMs ?? nowMs, run, told)
  }

  /** The newest first. */
  list(most: number): Record<string, SQLOutputValue>[] {
    return this.#statements.list.all(most)
  }

  counts(): Record<string, number> {
    const rows = this.#statements.counts.all()
    return Object.fromEntries(rows.map(({ state, count }) => [String(state), Number(count)]))
  }

  /** How each rule stands; `messages_ms` are the times of its messages of the last hour. */
  rules(): JsonRecord[] {
    return this.#statements.rules.all().map((row) => ({
      ...(row as JsonRecord),
      messages_ms: JSON.parse(String(row['messages_ms'])) as number[],
    }))
  }
}
