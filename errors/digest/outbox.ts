import type { DatabaseSync } from 'node:sqlite'
import type { Batch, Position } from '../../core/journal/batch.ts'
import { isBefore, type Place } from '../../core/journal/cursor.ts'
import { errorEventsTag } from '../../store/error_events.ts'
import { TextBlock } from '../text_block.ts'

/** The source of the journal's batches of digested events. Its position: number of the outbox, place of the report. */
export const outboxSource = 'errors.outbox'

/** Of a stream: what a batch of a flood needs is there for the next. */
const keptBytes = 8_000_000

/**
 * Lines on their way to the journal. They are written with the effects of their events, in one transaction, and
 * deleted once the journal has them; the position that goes with them says which it has, whatever crashed when.
 *
 * The position also says up to which report its lines go: a database that fell back, after a power cut or from a
 * backup, digests reports again whose lines the journal has, and does not send them twice.
 */
export class Outbox {
  readonly #statements
  readonly #sentUpTo: Place | undefined
  #number: number
  /** Up to which number the journal has them. */
  #sent: number
  /** By stream, of those of the batch before and of this one. */
  #lines = new Map<string, { readonly block: TextBlock; count: number }>()

  /** @param position of `outboxSource` as the journal has it. */
  constructor(database: DatabaseSync, position: Position | undefined) {
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      insert: prepare('insert into outbox (number, stream, count, lines) values (?, ?, ?, ?)'),
      delete: prepare('delete from outbox where number <= ?'),
      all: prepare(
        'select number, stream, count, lines from outbox where number > ? order by number',
      ),
      save: prepare("insert or replace into meta (key, value) values ('outbox', ?)"),
    }
    this.#sent = Number(position?.['number'] ?? 0)
    const known = database.prepare("select value from meta where key = 'outbox'").get()
    this.#number = Math.max(this.#sent, Number(known?.['value'] ?? 0))
    const segment = position?.['segment']
    this.#sentUpTo =
      typeof segment === 'string' ? { segment, ordinal: Number(position!['ordinal']) } : undefined
  }

  /** Whether the journal may lack the line of the report at `place`. */
  isWanted(place: Place): boolean {
    return this.#sentUpTo === undefined || !isBefore(place, this.#sentUpTo)
  }

  /** Of lines that are not saved yet. */
  get bytes(): number {
    let sum = 0
    for (const { block } of this.#lines.values()) sum += block.length
    return sum
  }

  add(stream: string, line: string): void {
    let lines = this.#lines.get(stream)
    if (!lines) this.#lines.set(stream, (lines = { block: new TextBlock(keptBytes), count: 0 }))
    lines.block.text(line)
    lines.count += 1
  }

  /** Inside the transaction. */
  save(): void {
    const before = this.#number
    for (const [stream, lines] of this.#lines) {
      if (lines.count === 0) {
        this.#lines.delete(stream)
        continue
      }
      this.#number += 1
      this.#statements.insert.run(this.#number, stream, lines.count, lines.block.written)
      lines.block.emptied()
      lines.count = 0
    }
    if (this.#number > before) this.#statements.save.run(String(this.#number))
  }

  /**
   * What the journal is not known to have.
   *
   * @param upTo the place behind the last report of the database.
   * @returns undefined when there is nothing; `number` is for `sent`.
   */
  pending(upTo: Place): { batches: Batch[]; number: number } | undefined {
    const rows = this.#statements.all.all(this.#sent)
    const last = rows.at(-1)
    if (!last) return undefined
    const number = Number(last['number'])
    const position = { number, segment: upTo.segment, ordinal: upTo.ordinal }
    const batches = rows.map((row, place) => ({
      stream: String(row['stream']),
      tag: errorEventsTag,
      bytes: row['lines'] as Uint8Array,
      count: Number(row['count']),
      ...(place === rows.length - 1 && { positions: { [outboxSource]: position } }),
    }))
    return { batches, number }
  }

  /** The journal has everything up to `number`: it is not pending any more, even while it cannot be deleted. */
  sent(number: number): void {
    this.#sent = number
  }

  /** Deletes what the journal has. */
  deleteSent(): void {
    this.#statements.delete.run(this.#sent)
  }
}
