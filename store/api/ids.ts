import type { DatabaseSync } from 'node:sqlite'

/** Where a document is that a client named. */
export interface Place {
  readonly seq: number
  readonly version: number
}

/** A change of a document, as the journal tells it; what the table is made from when it is lost. */
export interface Identity {
  readonly index: string
  readonly id: string
  readonly seq: number
  readonly op: 'index' | 'create' | 'delete'
}

/**
 * The ids that clients gave their documents, by index, each with the `_seq` of the row that holds it now;
 * and the counter that these come from. What is in the table is durable in the journal; changes on their
 * way there are held in transactions.
 */
export interface IdTable {
  begin(): IdTransaction
  /** Resolves when no transaction holds one of the ids any more; undefined when none does. */
  held(keys: readonly (readonly [index: string, id: string])[]): Promise<void> | undefined
  get(index: string, id: string): Place | undefined
  /** Forgets all ids of an index, and tells the last `_seq` given until now. */
  deleteIndex(index: string): number
  /** Whether changes after `settledSeq` may be missing, because the last process did not end well. */
  readonly needsRecovery: boolean
  /** Whether all may be missing: the table was made anew, and no `recover` has come to its end since. */
  readonly isLost: boolean
  /** All changes up to here are in the table, or never became durable. */
  readonly settledSeq: number
  /** Takes over all changes that may be missing, those of an id ascending by `seq`; those that it has are ignored. */
  recover(changes: AsyncIterable<Identity> | Iterable<Identity>): Promise<void>
  /** The next process that opens the table is to learn all ids: rows come in that it may not know. */
  learnAnew(): void
  /**
   * Gives no number up to `seq`, the highest that the rest of the store knows. A table that was lost may have given further
   * ones, to what was deleted since, and leaves out as many as a crash does.
   */
  beginAbove(seq: number): void
  close(): void
}

/** The changes of one append: all of them or none. Nothing may be awaited between its reservations. */
export interface IdTransaction {
  /** A `_seq` for a document whose id nobody can have given before. */
  next(): number
  get(index: string, id: string): Place | undefined
  /** The document at `id` is now another one: its place. */
  set(index: string, id: string, version: number): number
  remove(index: string, id: string): number
  /** The append is durable. */
  commit(): void
  /** Nothing of it happened. */
  rollback(): void
}

/** So many are given out before the counter is written again; a crash skips the rest. */
const lease = 1_000_000
const purgeRows = 2_000

export function idTable(sqlite: DatabaseSync): IdTable {
  return new SqliteIds(sqlite)
}

interface Change {
  readonly index: string
  readonly id: string
  /** Undefined: it is gone. */
  readonly place: Place | undefined
}

class SqliteIds implements IdTable {
  readonly #sqlite: DatabaseSync
  readonly #select
  readonly #upsert
  readonly #delete
  readonly #setMark
  readonly #indices = new Map<string, number>()
  /** Whose id it is for now, by `index NUL id`. */
  readonly #holders = new Map<string, Transaction>()
  readonly #open = new Set<Transaction>()
  #last: number
  #ceiling: number
  #settled: number
  readonly needsRecovery: boolean
  readonly isLost: boolean

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite
    const byId = 'where index_no = ? and id = ?'
    this.#select = sqlite.prepare(`select seq, version from id ${byId}`)
    this.#upsert = sqlite.prepare(
      'insert or replace into id (index_no, id, seq, version) values (?, ?, ?, ?)',
    )
    this.#delete = sqlite.prepare(`delete from id ${byId}`)
    this.#setMark = sqlite.prepare('insert or replace into mark (name, value) values (?, ?)')
    for (const row of sqlite
      .prepare('select no, name from id_index where name is not null')
      .all()) {
      this.#indices.set(String(row['name']), Number(row['no']))
    }
    const mark = (name: string) => {
      const row = sqlite.prepare('select value from mark where name = ?').get(name)
      return row && Number(row['value'])
    }
    this.#ceiling = mark('ceiling') ?? 0
    this.#settled = mark('settled') ?? 0
    const closed = mark('closed')
    this.isLost = closed === undefined || mark('learning') === 1
    this.needsRecovery = this.isLost || closed !== 1
    this.#last = this.needsRecovery ? this.#ceiling : (mark('last') ?? 0)
    // First: until all is learnt, whoever opens it has to learn it.
    if (this.isLost) this.#setMark.run('learning', 1)
    this.#setMark.run('closed', 0)
  }

  get settledSeq(): number {
    return this.#settled
  }

  begin(): IdTransaction {
    return new Transaction({
      next: () => this.#next(),
      get: (index, id) => this.get(index, id),
      hold: (key, transaction) => {
        this.#open.add(transaction)
        if (key !== undefined) this.#holders.set(key, transaction)
      },
      settle: (transaction, changes) => this.#settle(transaction, changes),
    })
  }

  held(keys: readonly (readonly [string, string])[]): Promise<void> | undefined {
    if (this.#holders.size === 0) return undefined
    for (const [index, id] of keys) {
      const holder = this.#holders.get(keyOf(index, id))
      if (holder) return holder.settled.then(() => this.held(keys))
    }
    return undefined
  }

  get(index: string, id: string): Place | undefined {
    const no = this.#indices.get(index)
    if (no === undefined) return undefined
    const row = this.#select.get(no, id)
    return row && { seq: Number(row['seq']), version: Number(row['version']) }
  }

  deleteIndex(index: string): number {
    // Its rows go a few at a time, with later commits: there may be millions.
    this.#sqlite.prepare('update id_index set name = null where name = ?').run(index)
    this.#indices.delete(index)
    return this.#last
  }

  async recover(changes: AsyncIterable<Identity> | Iterable<Identity>): Promise<void> {
    let batch: Identity[] = []
    for await (const change of changes) {
      this.#last = Math.max(this.#last, change.seq)
      batch.push(change)
      if (batch.length >= 5_000) this.#recoverBatch(batch.splice(0))
    }
    this.#recoverBatch(batch)
    batch = []
    this.#settled = this.#last
    this.#setMark.run('settled', this.#settled)
    this.#keepCeiling(this.#last)
    this.#setMark.run('learning', 0)
  }

  learnAnew(): void {
    this.#setMark.run('learning', 1)
  }

  beginAbove(seq: number): void {
    const known = Math.max(this.#last, seq)
    this.#last = this.isLost && known > 0 ? known + lease : known
    this.#keepCeiling(this.#last)
  }

  close(): void {
    if (!this.#sqlite.isOpen) return
    const isWhole = this.#open.size === 0
    this.#setMark.run('last', this.#last)
    this.#setMark.run('settled', isWhole ? this.#last : this.#settled)
    this.#setMark.run('closed', isWhole ? 1 : 0)
  }

  #recoverBatch(batch: readonly Identity[]): void {
    this.#inTransaction(() => {
      for (const { index, id, seq, op } of batch) {
        const known = this.get(index, id)
        if (known && known.seq >= seq) continue
        const place = op === 'delete' ? undefined : { seq, version: (known?.version ?? 0) + 1 }
        this.#write({ index, id, place })
      }
    })
  }

  #next(): number {
    this.#last += 1
    if (this.#last >= this.#ceiling) this.#keepCeiling(this.#last + lease)
    return this.#last
  }

  /** Whoever comes after a crash begins above it. */
  #keepCeiling(seq: number): void {
    if (seq <= this.#ceiling) return
    this.#ceiling = seq
    this.#setMark.run('ceiling', seq)
  }

  #settle(transaction: Transaction, changes: readonly Change[]): void {
    this.#open.delete(transaction)
    for (const key of transaction.keys) this.#holders.delete(key)
    const firsts = [...this.#open].map(({ first }) => first)
    this.#settled = Math.min(this.#last, ...firsts.map((first) => first - 1))
    if (changes.length === 0) return
    this.#inTransaction(() => {
      for (const change of changes) this.#write(change)
      this.#setMark.run('settled', this.#settled)
      this.#purge()
    })
  }

  #write({ index, id, place }: Change): void {
    if (place) this.#upsert.run(this.#numberOf(index), id, place.seq, place.version)
    else this.#delete.run(this.#numberOf(index), id)
  }

  #numberOf(index: string): number {
    const known = this.#indices.get(index)
    if (known !== undefined) return known
    const row = this.#sqlite
      .prepare('insert into id_index (name) values (?) returning no')
      .get(index)!
    const no = Number(row['no'])
    this.#indices.set(index, no)
    return no
  }

  #purge(): void {
    const gone = this.#sqlite.prepare('select no from id_index where name is null limit 1').get()
    if (!gone) return
    const no = Number(gone['no'])
    const { changes } = this.#sqlite
      .prepare(
        'delete from id where index_no = ? and id in (select id from id where index_no = ? limit ?)',
      )
      .run(no, no, purgeRows)
    if (changes === 0) this.#sqlite.prepare('delete from id_index where no = ?').run(no)
  }

  #inTransaction(work: () => void): void {
    this.#sqlite.exec('begin')
    try {
      work()
      this.#sqlite.exec('commit')
    } catch (failure) {
      this.#sqlite.exec('rollback')
      throw failure
    }
  }
}

interface Owner {
  next(): number
  get(index: string, id: string): Place | undefined
  hold(key: string | undefined, transaction: Transaction): void
  settle(transaction: Transaction, changes: readonly Change[]): void
}

class Transaction implements IdTransaction {
  readonly #owner: Owner
  readonly #changes = new Map<string, Change>()
  readonly #done = Promise.withResolvers<void>()
  #first = Infinity

  constructor(owner: Owner) {
    this.#owner = owner
  }

  get settled(): Promise<void> {
    return this.#done.promise
  }
  /** Its lowest `_seq`. */
  get first(): number {
    return this.#first
  }
  get keys(): Iterable<string> {
    return this.#changes.keys()
  }

  next(): number {
    const seq = this.#owner.next()
    if (this.#first === Infinity) {
      this.#first = seq
      this.#owner.hold(undefined, this)
    }
    return seq
  }

  get(index: string, id: string): Place | undefined {
    const change = this.#changes.get(keyOf(index, id))
    return change ? change.place : this.#owner.get(index, id)
  }

  set(index: string, id: string, version: number): number {
    const seq = this.next()
    this.#change({ index, id, place: { seq, version } })
    return seq
  }

  remove(index: string, id: string): number {
    this.#change({ index, id, place: undefined })
    return this.next()
  }

  commit(): void {
    this.#end([...this.#changes.values()])
  }

  rollback(): void {
    this.#end([])
  }

  #change(change: Change): void {
    const key = keyOf(change.index, change.id)
    this.#changes.set(key, change)
    this.#owner.hold(key, this)
  }

  #end(changes: readonly Change[]): void {
    this.#owner.settle(this, changes)
    this.#done.resolve()
  }
}

const keyOf = (index: string, id: string) => `${index}\0${id}`
