import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Places } from '../../../core/journal/cursor.ts'
import type { Shape } from '../shape.ts'
import type { Checksums } from './checksums.ts'
import { openIrreplaceable } from './manifest_file.ts'
import { migrateManifest } from './manifest_schema.ts'
import type { Mask } from './documents_line.ts'
import { type Change, type Gone, writeChange } from './manifest_change.ts'
import { type MinuteCount, type Segment, sumOf } from './segment.ts'
import { segmentsIn } from './segment_rows.ts'
import { type SourcePages, sourcePagesIn } from './source_pages.ts'

/** Whole minutes since the epoch: `from` and those up to `to`. */
export interface Minutes {
  readonly from: number
  readonly to: number
}

/** Counts of a stream in a segment: of each minute and level. */
export interface StreamMinutes {
  readonly segment: number
  readonly stream: string
  readonly minutes: readonly number[]
  readonly levels: readonly string[]
  readonly counts: readonly number[]
}

export interface DamagedFile {
  readonly file: string
  readonly stream: string | undefined
  readonly rows: number
  readonly minMicros: bigint | null
  readonly maxMicros: bigint | null
  readonly reason: string
  readonly foundMs: number
}

type Row = Record<string, SQLInputValue>

/** The truth about which segments there are, in one SQLite file. A change is one transaction, synced. */
export class Manifest {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #segments = new Map<number, Segment>()
  readonly #aside = new Map<number, Segment>()
  /** Undefined: to be counted again. */
  #maskCounts: ReadonlyMap<string, number> | undefined
  readonly #gone = new Map<string, Gone>()
  readonly #isLook: boolean
  #nextId = 1

  /** @param isLook changes are seen by this one alone, and undone when it is closed. */
  constructor(path: string, isLook = false) {
    this.#isLook = isLook
    this.#database = openIrreplaceable(path, (database) => {
      database.exec(
        'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 5000',
      )
      migrateManifest(database)
    })
    this.#load()
    if (isLook) this.#database.exec('begin immediate')
  }

  /** By id, which is the order of making. */
  get segments(): ReadonlyMap<number, Segment> {
    return this.#segments
  }

  /** Segments whose files could not be read: what the store lacks until they are back. */
  get aside(): ReadonlyMap<number, Segment> {
    return this.#aside
  }

  get gone(): ReadonlyMap<string, Gone> {
    return this.#gone
  }

  /** An id that no segment had. One that is not used leaves a gap. */
  takeId(): number {
    return this.#nextId++
  }

  /** Has ids begin above those of files that it does not know. */
  leaveIds(through: number): void {
    this.#nextId = Math.max(this.#nextId, through + 1)
  }

  /** Milliseconds since the epoch: the last time that was believed, or else when the newest segment was made. */
  lastKnownMs(): number | undefined {
    const [row] = this.#all(
      'select coalesce((select time_ms from believed), (select max(created_ms) from segments)) as last',
    )
    return (row?.['last'] as number | null) ?? undefined
  }

  /**
   * Keeps the time for the next start, where the disk lets it.
   * @param timeMs of SteadyTime: a clock that has jumped may show another.
   */
  believe(timeMs: number): void {
    try {
      this.#run('insert or replace into believed values (1, ?)', Math.round(timeMs))
    } catch {
      // The time before serves as well.
    }
  }

  cursor(): Places {
    const rows = this.#all('select * from cursor') as {
      partition: string
      segment: string
      ordinal: number
    }[]
    return Object.fromEntries(
      rows.map(({ partition, segment, ordinal }) => [partition, { segment, ordinal }]),
    )
  }

  shapes(stream: string): Shape[] {
    const rows = this.#all('select * from shapes where stream = ?', stream)
    return rows.map((row) => ({
      path: row['path'] as string,
      jsonPath: row['json_path'] as string,
      many: row['many'] === 1,
      kind: row['kind'] as Shape['kind'],
    }))
  }

  /** Numbers of documents that were replaced or deleted. */
  masks(streams: readonly string[]): Mask[] {
    return streams.flatMap((stream) =>
      this.#all('select seq from masks where stream = ?', stream).map(({ seq }) => ({
        stream,
        seq: seq as number,
      })),
    )
  }

  /** Up to which `_seq` retention may have taken documents of a stream; none: 0. */
  takenThrough(stream: string): number {
    const [row] = this.#all('select seq from taken where stream = ?', stream)
    return Number(row?.['seq'] ?? 0)
  }

  /** Of documents that are in segments, and of those that are gone from them; 0 when there is none. */
  highestSeq(): number {
    const [row] = this.#all(
      `select max((select coalesce(max(max_seq), 0) from segment_streams),
        (select coalesce(max(seq), 0) from masks), (select coalesce(max(gone_seq), 0) from streams)) as seq`,
    )
    return Number(row!['seq'])
  }

  /** How many documents of each stream were replaced or deleted, and are not merged away yet. */
  maskCounts(): ReadonlyMap<string, number> {
    this.#maskCounts ??= new Map(
      this.#all('select stream, count(*) as n from masks group by stream').map(({ stream, n }) => [
        stream as string,
        Number(n),
      ]),
    )
    return this.#maskCounts
  }

  hasMasks(stream: string): boolean {
    return this.#all('select 1 from masks where stream = ? limit 1', stream).length > 0
  }

  /** Streams with a segment, with when each was first seen and how many values were beyond the bounds. */
  streams(): { stream: string; createdMs: number; beyond: number }[] {
    const rows = this.#all(
      'select stream, created_ms, beyond from streams where stream in (select stream from segment_streams) order by stream',
    )
    return rows.map((row) => ({
      stream: row['stream'] as string,
      createdMs: row['created_ms'] as number,
      beyond: row['beyond'] as number,
    }))
  }

  /** All counts of `segments`, of each stream in each. */
  minutesIn(segments: readonly number[]): StreamMinutes[] {
    const rows = this.#all(
      `select segment, stream, json_group_array(minute) as minutes, json_group_array(level) as levels,
       json_group_array(count) as counts from minutes where segment in (select value from json_each(?))
       group by segment, stream`,
      JSON.stringify(segments),
    )
    return rows.map((row) => ({
      segment: row['segment'] as number,
      stream: row['stream'] as string,
      minutes: JSON.parse(row['minutes'] as string) as number[],
      levels: JSON.parse(row['levels'] as string) as string[],
      counts: JSON.parse(row['counts'] as string) as number[],
    }))
  }

  /** All counts of `segments` together. */
  minutesOf(segments: readonly number[]): MinuteCount[] {
    return this.#all(
      `select stream, minute, level, sum(count) as count from minutes
       where segment in (select value from json_each(?)) group by stream, minute, level`,
      JSON.stringify(segments),
    ) as unknown as MinuteCount[]
  }

  /** Undefined for a segment of before they were kept. */
  checksums(segment: number): Checksums | undefined {
    const [row] = this.#all('select file, words from checksums where segment = ?', segment)
    if (!row) return undefined
    return { file: row['file'] as number, words: (row['words'] as number | null) ?? undefined }
  }

  /** Undefined for a segment of before they were kept. @param file below the folder of segments */
  sourcePages(file: string): SourcePages | undefined {
    const [row] = this.#all(
      'select pages from source_pages where segment = (select id from segments where file = ?)',
      file,
    )
    return row && sourcePagesIn(row['pages'] as string)
  }

  damaged(): DamagedFile[] {
    return this.#all('select * from damaged order by file').map((row) => ({
      file: row['file'] as string,
      stream: (row['stream'] as string | null) ?? undefined,
      rows: row['rows'] as number,
      minMicros: bigintOf(row['min_time']!),
      maxMicros: bigintOf(row['max_time']!),
      reason: row['reason'] as string,
      foundMs: row['found_ms'] as number,
    }))
  }

  /** @throws what SQLite says, such as a full disk; then nothing has changed. */
  commit(change: Change, nowMs: number): void {
    this.#database.exec(this.#isLook ? 'savepoint change' : 'begin immediate')
    try {
      writeChange(change, nowMs, (text, ...values) => this.#run(text, ...values))
      this.#database.exec(this.#isLook ? 'release change' : 'commit')
    } catch (failure) {
      if (this.#isLook) this.#database.exec('rollback to change; release change')
      else if (this.#database.isTransaction) this.#database.exec('rollback')
      throw failure
    }
    this.#apply(change)
  }

  /** @throws Error when SQLite finds its file damaged. */
  check(): void {
    const [row] = this.#all('pragma quick_check(1)')
    const said = Object.values(row ?? {})[0]
    if (said !== 'ok') throw new Error(`the store's manifest is damaged: ${String(said)}`)
  }

  close(): void {
    if (this.#isLook && this.#database.isTransaction) this.#database.exec('rollback')
    this.#database.close()
  }

  #apply(change: Change): void {
    // Every seal has masks, and most have none.
    const isMasking = (change.masks ?? []).length + (change.unmask ?? []).length > 0
    if (isMasking || change.gone) this.#maskCounts = undefined
    for (const id of change.remove ?? []) {
      this.#segments.delete(id)
      this.#aside.delete(id)
    }
    for (const { id } of change.damaged ?? []) {
      this.#aside.set(id, this.#segments.get(id)!)
      this.#segments.delete(id)
    }
    for (const segment of change.back ?? []) {
      this.#aside.delete(segment.id)
      this.#segments.set(segment.id, segment)
    }
    for (const { id, file } of this.#aside.values()) {
      if (change.forget?.includes(file)) this.#aside.delete(id)
    }
    for (const segment of change.add ?? []) {
      const { minutes, checksums: _, sourcePages: __, ...rest } = segment
      this.#segments.set(segment.id, {
        ...rest,
        ...sumOf(segment.parts),
        counted: minutes !== undefined,
      })
    }
    if (change.gone) this.#gone.set(change.gone.stream, change.gone)
  }

  #load(): void {
    const aside = new Set(this.damaged().map(({ file }) => file))
    for (const segment of segmentsIn(this.#database)) {
      const kept = aside.has(segment.file) ? this.#aside : this.#segments
      kept.set(segment.id, segment)
    }
    for (const row of this.#all('select * from streams where gone_segment > 0 or gone_seq > 0')) {
      const stream = row['stream'] as string
      this.#gone.set(stream, {
        stream,
        segment: row['gone_segment'] as number,
        seq: row['gone_seq'] as number,
      })
    }
    const [sequence] = this.#all("select seq from sqlite_sequence where name = 'segments'")
    this.#nextId = Number(sequence?.['seq'] ?? 0) + 1
  }

  #statement(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (!statement) this.#statements.set(text, (statement = this.#database.prepare(text)))
    return statement
  }
  #run(text: string, ...values: readonly SQLInputValue[]): void {
    this.#statement(text).run(...values)
  }
  #all(text: string, ...values: readonly SQLInputValue[]): Row[] {
    return this.#statement(text).all(...values) as Row[]
  }
}

const bigintOf = (value: SQLInputValue): bigint | null =>
  typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : null
