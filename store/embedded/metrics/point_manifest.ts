import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Place, Places } from '../../../core/journal/cursor.ts'
import { openIrreplaceable } from '../segments/manifest_file.ts'
import { migratePointManifest } from './manifest_schema.ts'

/** A file of points, in `metrics.sqlite`. Times are milliseconds since the epoch. */
export interface PointSegment {
  readonly id: number
  /** Below `points/`. */
  readonly file: string
  /** 0: points as they came; else roll-ups of so many milliseconds. */
  readonly stepMs: number
  /** Undefined: of several, as they came. */
  readonly period: string | undefined
  readonly minMs: number
  readonly maxMs: number
  readonly rows: number
  readonly bytes: number
  /** Of points written twice, those of the file with the higher order count. */
  readonly lastOrder: number
  /** When it was last seen to what retention wants of it, and by which rules. */
  readonly checkedMs: number
  readonly rules: string
}

export interface DamagedPoints {
  readonly file: string
  readonly rows: number
  readonly reason: string
}

/** A file that is written, and not yet in the manifest. */
export interface NewPoints extends PointSegment {
  /** CRC-32 of the whole file. */
  readonly checksum: number
}

/** Everything that changes together. */
export interface PointChange {
  readonly add?: readonly NewPoints[]
  readonly remove?: readonly number[]
  /** Segments that are as retention wants them, seen at a time. */
  readonly checked?: readonly { id: number; checkedMs: number; rules: string }[]
  readonly damaged?: readonly { id: number; reason: string; foundMs: number }[]
  readonly cursor?: Places
  /** More of the same transaction: the catalogue. */
  readonly also?: () => Promise<void>
}

/** The truth about which files of points there are and which series, in one SQLite file. One change at a time. */
export class PointManifest {
  readonly database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #segments = new Map<number, PointSegment>()
  #nextId = 1
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.database = openIrreplaceable(path, (database) => {
      database.exec(
        'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 5000; pragma cache_size = -16000',
      )
      migratePointManifest(database)
    })
    this.#load()
  }

  /** By id, which is the order of making. */
  get segments(): ReadonlyMap<number, PointSegment> {
    return this.#segments
  }

  /** An id that no segment had. */
  takeId(): number {
    return this.#nextId++
  }

  cursor(): Places {
    return cursorOf(this.database)
  }

  damaged(): DamagedPoints[] {
    const rows = this.statement('select file, rows, reason from damaged order by file').all()
    return rows as unknown as DamagedPoints[]
  }

  /** CRC-32 of a file as it was written; undefined for one of before they were kept. */
  checksum(segment: number): number | undefined {
    const row = this.statement('select file from checksums where segment = ?').get(segment)
    return row && Number(row['file'])
  }

  /** @throws what SQLite says, such as a full disk; then nothing has changed. */
  async commit(change: PointChange): Promise<void> {
    const done = this.#turn.then(() => this.#commit(change))
    this.#turn = done.catch(() => undefined)
    await done
  }

  statement(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (!statement) this.#statements.set(text, (statement = this.database.prepare(text)))
    return statement
  }

  /** @throws Error when SQLite finds its file damaged. */
  check(): void {
    const row = this.database.prepare('pragma quick_check(1)').get()
    const said = Object.values(row ?? {})[0]
    if (said !== 'ok') throw new Error(`metrics.sqlite is damaged: ${String(said)}`)
  }

  async close(): Promise<void> {
    await this.#turn
    this.database.close()
  }

  async #commit(change: PointChange): Promise<void> {
    this.database.exec('begin immediate')
    try {
      for (const { id, reason, foundMs } of change.damaged ?? []) {
        this.#run(
          'insert or replace into damaged select file, rows, ?, ? from segments where id = ?',
          reason,
          foundMs,
          id,
        )
        this.#run('delete from segments where id = ?', id)
      }
      for (const id of change.remove ?? []) this.#run('delete from segments where id = ?', id)
      for (const segment of change.add ?? []) this.#add(segment)
      for (const { id, checkedMs, rules } of change.checked ?? []) {
        this.#run(
          'update segments set checked_ms = ?, rules = ? where id = ?',
          checkedMs,
          rules,
          id,
        )
      }
      for (const [partition, { segment, ordinal }] of Object.entries(change.cursor ?? {})) {
        this.#run('insert or replace into cursor values (?, ?, ?)', partition, segment, ordinal)
      }
      await change.also?.()
      this.database.exec('commit')
    } catch (failure) {
      if (this.database.isTransaction) this.database.exec('rollback')
      throw failure
    }
    this.#apply(change)
  }

  #add(segment: NewPoints): void {
    const { id, file, stepMs, period, minMs, maxMs, rows, bytes, lastOrder, checkedMs, rules } =
      segment
    const where = [id, file, stepMs, period ?? null] as const
    const what = [minMs, maxMs, rows, bytes, lastOrder, checkedMs, rules] as const
    this.#run('insert into segments values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...where, ...what)
    this.#run('insert into checksums values (?, ?)', id, segment.checksum)
  }

  #apply(change: PointChange): void {
    for (const { id } of change.damaged ?? []) this.#segments.delete(id)
    for (const id of change.remove ?? []) this.#segments.delete(id)
    for (const { checksum: _, ...segment } of change.add ?? [])
      this.#segments.set(segment.id, segment)
    for (const { id, ...checked } of change.checked ?? []) {
      const segment = this.#segments.get(id)
      if (segment) this.#segments.set(id, { ...segment, ...checked })
    }
  }

  #load(): void {
    for (const row of this.database.prepare('select * from segments order by id').all()) {
      const { step_ms, min_ms, max_ms, last_order, checked_ms, ...rest } = row
      this.#segments.set(rest['id'] as number, {
        id: rest['id'] as number,
        file: rest['file'] as string,
        period: (rest['period'] as string | null) ?? undefined,
        rows: rest['rows'] as number,
        bytes: rest['bytes'] as number,
        rules: rest['rules'] as string,
        stepMs: step_ms as number,
        minMs: min_ms as number,
        maxMs: max_ms as number,
        lastOrder: last_order as number,
        checkedMs: checked_ms as number,
      })
    }
    const sequence = this.database
      .prepare("select seq from sqlite_sequence where name = 'segments'")
      .get()
    this.#nextId = Number(sequence?.['seq'] ?? 0) + 1
  }

  #run(text: string, ...values: readonly SQLInputValue[]): void {
    this.statement(text).run(...values)
  }
}

/** The cursor that a `metrics.sqlite` has. */
export function cursorOf(database: DatabaseSync): Places {
  const rows = database.prepare('select * from cursor').all() as unknown as (Place & {
    partition: string
  })[]
  return Object.fromEntries(
    rows.map(({ partition, segment, ordinal }) => [partition, { segment, ordinal }]),
  )
}
