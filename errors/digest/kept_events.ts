import type { DatabaseSync } from 'node:sqlite'
import { constants, zstdCompressSync } from 'node:zlib'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { EventBody } from './event_body.ts'
import type { EventFacts } from './facts.ts'
import { evicted, type KeptEvent } from './sampling.ts'
import { wordsOf } from './words.ts'

/** Told the length, zstd takes no more memory than a body needs. */
const compressed = (json: Buffer): Buffer =>
  zstdCompressSync(json, {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
    pledgedSrcSize: json.length,
    chunkSize: 8_192,
  })

/** The bodies of events that are kept, their words, and what is evicted. Runs inside transactions. */
export class KeptEvents {
  readonly #statements
  /** By project: how many bodies. */
  readonly #totals = new Map<number, number>()
  readonly #changed = new Set<number>()

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      insert: prepare(
        `insert or ignore into events (project, event_id, issue, hash, received_ms, timestamp_ms, level, release,
           environment, user, transaction_name, trace_id, why, bytes)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      body: prepare('insert into event_bodies (event, body) values (?, ?)'),
      words: prepare(
        `insert into event_words (rowid, type, message, frames, tags, user, request, breadcrumbs)
         values (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      refile: prepare('update events set hash = ?2, bytes = ?3 where id = ?1'),
      ofIssue: prepare('select id, why, timestamp_ms from events where issue = ? order by id'),
      delete: prepare('delete from events where id = ? returning project'),
      deleteBody: prepare('delete from event_bodies where event = ?'),
      deleteWords: prepare('delete from event_words where rowid = ?'),
      total: prepare('insert or replace into meta (key, value) values (?, ?)'),
    }
    const totals = database.prepare("select key, value from meta where key like 'kept.%'").all()
    for (const { key, value } of totals) {
      this.#totals.set(Number(String(key).slice('kept.'.length)), Number(value))
    }
  }

  /** Kept events by project. */
  get totals(): ReadonlyMap<number, number> {
    return this.#totals
  }

  /** @returns false when an event with this id is there already. */
  keep(
    facts: EventFacts,
    { json, event }: EventBody,
    issue: number,
    hash: string,
    why: number,
  ): boolean {
    const body = compressed(json)
    const { transaction, trace_id: trace } = facts.summary
    const { changes, lastInsertRowid } = this.#statements.insert.run(
      facts.project,
      Buffer.from(facts.eventId, 'hex'),
      issue,
      hash,
      facts.receivedMs,
      facts.timestampMs,
      facts.level,
      facts.release ?? null,
      facts.environment ?? null,
      facts.user ?? null,
      transaction ?? null,
      trace ?? null,
      why,
      body.length,
    )
    if (changes === 0) return false
    this.#statements.body.run(lastInsertRowid, body)
    this.#index(lastInsertRowid, facts, event)
    this.#add(facts.project, 1)
    return true
  }

  /** The event as it is mapped and grouped now; what it is filed by changes, what it counts for does not. */
  replace(id: number, facts: EventFacts, { json, event }: EventBody, hash: string): void {
    const body = compressed(json)
    this.#statements.refile.run(id, hash, body.length)
    this.#statements.deleteBody.run(id)
    this.#statements.body.run(id, body)
    this.#statements.deleteWords.run(id)
    this.#index(id, facts, event)
  }

  /** Evicts so that at most `keep` of an issue stay, never the last one. @returns how many went. */
  trim(issue: number, keep: number): number {
    const kept = this.#statements.ofIssue.all(issue).map((row): KeptEvent => ({
      id: Number(row['id']),
      why: Number(row['why']),
      timestampMs: Number(row['timestamp_ms']),
    }))
    const gone = evicted(kept, keep)
    for (const id of gone) this.remove(id)
    return gone.length
  }

  /** Deletes an event's row, body and words. The issue's number of kept events is the caller's. */
  remove(id: number): void {
    const row = this.#statements.delete.get(id)
    if (!row) return
    this.#statements.deleteBody.run(id)
    this.#statements.deleteWords.run(id)
    this.#add(Number(row['project']), -1)
  }

  /** Saves the totals that changed. */
  save(): void {
    for (const project of this.#changed) {
      this.#statements.total.run(`kept.${project}`, String(this.#totals.get(project) ?? 0))
    }
    this.#changed.clear()
  }

  #index(id: number | bigint, facts: EventFacts, event: SentryEvent): void {
    const { type, message, frames, tags, user, request, breadcrumbs } = wordsOf(facts, event)
    this.#statements.words.run(id, type, message, frames, tags, user, request, breadcrumbs)
  }

  #add(project: number, events: number): void {
    this.#totals.set(project, (this.#totals.get(project) ?? 0) + events)
    this.#changed.add(project)
  }
}
