import type { SQLInputValue } from 'node:sqlite'
import type { Places } from '../../../core/journal/cursor.ts'
import type { Mask } from './documents_line.ts'
import type { Learnt } from './path_tree.ts'
import { type NewSegment, type Segment, sumOf } from './segment.ts'
import { sourcePagesText } from './source_pages.ts'

/** Where documents of an index ended that was deleted. */
export interface Gone {
  readonly stream: string
  /** Rows in segments up to here are gone, documents with a higher `_seq` than `seq` excepted. */
  readonly segment: number
  /** Documents up to here are gone, whichever segment they come into. */
  readonly seq: number
}

/** Everything that changes together. */
export interface Change {
  readonly add?: readonly NewSegment[]
  readonly remove?: readonly number[]
  readonly masks?: readonly Mask[]
  /** Masks whose rows no longer exist. */
  readonly unmask?: readonly Mask[]
  /** Rows that retention takes may have numbers up to these. */
  readonly taken?: readonly Mask[]
  readonly learnt?: readonly Learnt[]
  readonly beyond?: ReadonlyMap<string, number>
  readonly cursor?: Places
  readonly gone?: Gone
  readonly damaged?: readonly { id: number; reason: string }[]
  /** Segments that were set aside, and whose files are whole again. */
  readonly back?: readonly Segment[]
  /** Files that were set aside and are to be forgotten. */
  readonly forget?: readonly string[]
}

/** Executes one statement in the manifest. */
type Run = (text: string, ...values: readonly SQLInputValue[]) => void

/** Writes a change into the manifest's tables, within a transaction. */
export function writeChange(change: Change, nowMs: number, run: Run): void {
  for (const { id, reason } of change.damaged ?? []) setAside(run, id, reason, nowMs)
  for (const { file } of change.back ?? []) sound(run, file)
  for (const file of change.forget ?? []) {
    sound(run, file)
    run('delete from segments where file = ?', file)
  }
  for (const id of change.remove ?? []) remove(run, id)
  for (const segment of change.add ?? []) add(run, segment, nowMs)
  for (const { stream, seq } of change.masks ?? []) {
    run('insert or ignore into masks values (?, ?)', stream, seq)
  }
  for (const { stream, seq } of change.unmask ?? []) {
    run('delete from masks where stream = ? and seq = ?', stream, seq)
  }
  for (const { stream, seq } of change.taken ?? []) {
    run(
      'insert into taken values (?, ?) on conflict (stream) do update set seq = max(seq, excluded.seq)',
      stream,
      seq,
    )
  }
  for (const { stream, shape } of change.learnt ?? []) {
    const { path, jsonPath, many, kind } = shape
    const insert = 'insert or ignore into shapes values (?, ?, ?, ?, ?)'
    run(insert, stream, path, jsonPath, many ? 1 : 0, kind)
  }
  for (const [stream, count] of change.beyond ?? []) {
    run('update streams set beyond = beyond + ? where stream = ?', count, stream)
  }
  for (const [partition, { segment, ordinal }] of Object.entries(change.cursor ?? {})) {
    run('insert or replace into cursor values (?, ?, ?)', partition, segment, ordinal)
  }
  if (change.gone) forget(run, change.gone, nowMs)
}

function add(run: Run, segment: NewSegment, nowMs: number): void {
  const { rows, sourceBytes, minMicros, maxMicros, untimed } = sumOf(segment.parts)
  run(
    'insert into segments values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    segment.id,
    segment.file,
    segment.stream ?? null,
    segment.day ?? null,
    rows,
    segment.bytes,
    sourceBytes,
    minMicros,
    maxMicros,
    untimed,
    segment.words ? 1 : 0,
    segment.merged ? 1 : 0,
    nowMs,
  )
  const { file, words } = segment.checksums
  run('insert into checksums values (?, ?, ?)', segment.id, file, words ?? null)
  const pages = sourcePagesText(segment.sourcePages)
  run('insert into source_pages values (?, ?)', segment.id, pages)
  for (const part of segment.parts) {
    run('insert or ignore into streams (stream, created_ms) values (?, ?)', part.stream, nowMs)
    run(
      'insert into segment_streams values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      segment.id,
      part.stream,
      part.rows,
      part.sourceBytes,
      part.minMicros,
      part.maxMicros,
      part.untimed,
      part.maxSeq,
      JSON.stringify(part.spilled),
      segment.minutes ? 1 : 0,
    )
  }
  for (const { stream, minute, level, count } of segment.minutes ?? []) {
    run('insert into minutes values (?, ?, ?, ?, ?)', segment.id, stream, minute, level, count)
  }
}

function forget(run: Run, { stream, segment, seq }: Gone, nowMs: number): void {
  run('delete from shapes where stream = ?', stream)
  run('delete from masks where stream = ? and seq <= ?', stream, seq)
  run(
    `insert into streams (stream, created_ms, gone_segment, gone_seq) values (?, ?, ?, ?) on conflict (stream)
     do update set created_ms = excluded.created_ms, beyond = 0, gone_segment = excluded.gone_segment, gone_seq = excluded.gone_seq`,
    stream,
    nowMs,
    segment,
    seq,
  )
}

function setAside(run: Run, id: number, reason: string, nowMs: number): void {
  run(
    `insert or replace into damaged select file, stream, rows, min_time, max_time, ?, ? from segments where id = ?`,
    reason,
    nowMs,
    id,
  )
}

function sound(run: Run, file: string): void {
  run('delete from damaged where file = ?', file)
}

function remove(run: Run, id: number): void {
  run('delete from damaged where file = (select file from segments where id = ?)', id)
  run('delete from segments where id = ?', id)
}
