import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { TextBlock } from '../text_block.ts'

/** Of an entry: project as a double (big endian), event id. */
const entryBytes = 24
const firstSlots = 4096

/** A set of entries in one buffer: open addressing, found by the last bytes of the event id, which is random. */
class IdSet {
  #slots = firstSlots
  #table = Buffer.alloc(firstSlots * entryBytes)
  #used = new Uint8Array(firstSlots)
  count = 0

  has(entry: Buffer): boolean {
    return this.#used[this.#slotOf(entry)] === 1
  }

  add(entry: Buffer): void {
    if (this.count * 2 >= this.#slots) this.#grow()
    const slot = this.#slotOf(entry)
    if (this.#used[slot] === 1) return
    entry.copy(this.#table, slot * entryBytes)
    this.#used[slot] = 1
    this.count += 1
  }

  #slotOf(entry: Buffer): number {
    const mask = this.#slots - 1
    // Ids are made by clients: whoever makes them collide slows down this look-up, so all bytes take part.
    let hash = 0x811c9dc5
    for (let at = 0; at < entryBytes; at += 4) {
      hash = Math.imul(hash ^ entry.readUInt32LE(at), 0x85ebca6b)
      hash ^= hash >>> 15
    }
    let slot = hash & mask
    while (this.#used[slot] === 1 && !this.#isAt(slot, entry)) slot = (slot + 1) & mask
    return slot
  }

  #isAt(slot: number, entry: Buffer): boolean {
    const start = slot * entryBytes
    return entry.compare(this.#table, start, start + entryBytes) === 0
  }

  #grow(): void {
    const [table, used, slots] = [this.#table, this.#used, this.#slots]
    this.#slots = slots * 2
    this.#table = Buffer.alloc(this.#slots * entryBytes)
    this.#used = new Uint8Array(this.#slots)
    this.count = 0
    for (let slot = 0; slot < slots; slot++) {
      if (used[slot] === 1) this.add(table.subarray(slot * entryBytes, (slot + 1) * entryBytes))
    }
  }
}

/**
 * Which events were digested, so that none counts twice: exact for at least the last half of `max`. In memory as
 * two generations, of which the older one is forgotten when the younger one is full; on disk one row a batch, so
 * that a batch writes its ids in one place whatever is remembered.
 */
export class SeenIds {
  readonly #max: number
  readonly #insert: StatementSync
  readonly #forget: StatementSync
  #young = new IdSet()
  #old = new IdSet()
  /** Number of the first row whose ids are in `young`. */
  #youngFrom = 0
  #number = 0
  /** Rows before it are needed no more. */
  #neededFrom = 0
  /** Of the batch under way. */
  readonly #added = new TextBlock()
  readonly #entry = Buffer.alloc(entryBytes)

  constructor(database: DatabaseSync, max: number) {
    this.#max = max
    this.#insert = database.prepare('insert into seen (number, received_ms, ids) values (?, ?, ?)')
    this.#forget = database.prepare('delete from seen where number < ?')
    const rows = database.prepare('select number, ids from seen order by number')
    for (const { number, ids } of rows.iterate()) {
      const bytes = Buffer.from(ids as Uint8Array)
      this.#number = Number(number)
      for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
        this.#remember(bytes.subarray(at, at + entryBytes))
      }
    }
  }

  /** @returns whether it was not seen before. It is remembered when the batch is saved. */
  isNew(project: number, eventId: string): boolean {
    const entry = this.#entry
    entry.writeDoubleBE(project, 0)
    entry.write(eventId, 8, 16, 'hex')
    if (this.#young.has(entry) || this.#old.has(entry)) return false
    this.#added.bytes(entry)
    this.#remember(entry)
    return true
  }

  /** Inside the transaction. */
  save(receivedMs: number): void {
    if (this.#added.length === 0) return
    this.#number += 1
    this.#insert.run(this.#number, receivedMs, this.#added.written)
    this.#added.emptied()
    this.#forget.run(this.#neededFrom)
  }

  #remember(entry: Buffer): void {
    if (this.#young.count >= this.#max / 2) {
      this.#old = this.#young
      this.#young = new IdSet()
      this.#neededFrom = this.#youngFrom
      this.#youngFrom = this.#number
    }
    this.#young.add(entry)
  }
}
