import type { Position } from '../../../core/journal/batch.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Content } from './content.ts'
import type { Seen, TailFile } from './files.ts'
import { nothing, type Print } from './fingerprint.ts'

/**
 * Where a source's bytes are:
 * - live: at the path it is followed by
 * - away: rotated; at another path, or only in the open file once it is deleted
 * - cut: truncated away; a copy is looked for until rotate_wait has passed
 * - missing: nowhere; its position is kept until position_ttl has passed, or it comes back
 */
export type Place = 'live' | 'away' | 'cut' | 'missing'

/** How far a source was read, and by what it is recognised. */
export interface Progress {
  /** End of the last message, in (inflated) bytes. */
  readonly offset: number
  readonly head: Print
  readonly mark: Print
  /** The offset is amid a line that was cut. */
  readonly cut: boolean
}

/** What a source knows of all the others. */
export interface Company {
  /** The sources that are open. */
  readonly open: Set<Source>
  /** By path, since when what is rotated there may be news that could not be told apart yet; in nanoseconds. */
  readonly unsure: ReadonlyMap<string, bigint>
}

/**
 * One generation of a log: the bytes from one truncation or creation to the next, whatever file holds
 * them now. It is recognised by device and inode together with the hash of its first bytes and of
 * those before the offset, so it survives renaming, copying and compression.
 */
export class Source {
  readonly key: string
  /** The path that it is followed by, its events name and its tag is made from. */
  path: string
  place: Place = 'live'
  /** Where it is now; undefined when only an open file or nothing is left. */
  at: string | undefined
  /** What a symlink led to when it was followed; otherwise `path`. */
  real: string
  /** As `Seen.id`. */
  id: string
  gzip = false
  progress: Progress = { offset: 0, head: nothing, mark: nothing, cut: false }
  /** What the journal has; reading goes back to it when a delivery fails. */
  durable: Progress = this.progress
  /** The first bytes while the file is open: for copies shorter than what was read. */
  headBytes: Buffer | undefined
  /** Bytes it is known to have had while its content was what was read: what a truncation takes away. */
  known = 0
  /** As last seen. */
  size = 0
  /** What the journal says of when it was changed, until it is looked at. */
  #mtimeNs = 0n
  /** When it was changed as it was first seen, while nothing is read of it. */
  #unreadMtimeNs: bigint | undefined
  /** Milliseconds, monotonic: when it last changed, is to be looked at next (Infinity: now), took its place. */
  changedAt = 0
  nextLook = 0
  placeSince = 0
  file: TailFile | undefined
  /** The last look at its file; of no other file than that of `id`. */
  last: Seen | undefined
  #content: Content | undefined
  #context: JsonObject | undefined
  /** NULs before the offset, for counting a run once. */
  nul = false
  /** Complete lines that wait for the rest of their event. */
  waiting = false
  /** It was read to the end, an unfinished last line included, since it last changed. */
  finished = false
  /** It was read and is gone; only its compressed copy is looked for. */
  ended = false
  /** It was rotated away before it was missing: what does not come back within rotate_wait is gone. */
  missedAway = false
  /** Nothing was read of it in this run, nor known of it before. */
  fresh = true
  /** The journal has, or is about to have, a position of it. */
  noted = false
  /** Whether it is in the catalogue. */
  followed = false
  /** Too old when first seen: left out until it changes. */
  leftOut = false
  /** Why it cannot be read, as the system says. */
  problem: string | undefined
  /** Milliseconds since the epoch when it was last known to exist. */
  seenAt: number

  readonly #company: Company

  constructor(key: string, path: string, id: string, now: number, company: Company) {
    this.#company = company
    this.key = key
    this.path = path
    this.at = path
    this.real = path
    this.id = id
    this.seenAt = now
  }

  /** Bytes known to be there and not read; 0 when the file is compressed. */
  get lag(): number {
    return this.gzip ? 0 : Math.max(0, this.size - this.progress.offset)
  }

  /** The same, of those that were its own for certain. */
  get unread(): number {
    return this.gzip ? 0 : Math.max(0, this.known - this.progress.offset)
  }

  /** Whether this is still its file. */
  isFile(seen: Seen): boolean {
    return this.last ? this.last.isSameFile(seen) : seen.id === this.id
  }

  /** When it was changed, as last seen. */
  get mtimeNs(): bigint {
    return this.last?.mtimeNs ?? this.#mtimeNs
  }

  /** Takes over what a look showed; true when it differs from the last one. */
  observe(seen: Seen): boolean {
    const { last } = this
    if (seen === last) return false
    if (
      last?.size === seen.size &&
      last.mtimeNs === seen.mtimeNs &&
      last.ctimeNs === seen.ctimeNs
    ) {
      // Nothing new is kept: ten thousand files are looked at all the time. But a copy may be of the same
      // instant as its original, by a clock that ticks every four milliseconds.
      if (!last.isSameFile(seen)) this.last = seen
      return false
    }
    // A new name alone brings nothing new.
    if (seen.size !== this.size || seen.mtimeNs !== this.mtimeNs) this.finished = false
    this.last = seen
    this.size = seen.size
    const isUnread = this.progress.offset === 0
    this.#unreadMtimeNs = isUnread ? (this.#unreadMtimeNs ?? seen.mtimeNs) : undefined
    return true
  }

  /** By what the journal has: it has not been looked at yet. */
  changedBefore(mtimeNs: bigint): void {
    this.#mtimeNs = mtimeNs
    if (this.progress.offset === 0) this.#unreadMtimeNs = mtimeNs
  }

  /** The next look shows something new, whatever it is. */
  forgetLook(): void {
    this.#mtimeNs = this.mtimeNs
    this.last = undefined
  }

  get content(): Content | undefined {
    return this.#content
  }

  /** @param file where the content is plain. */
  open(content: Content, file?: TailFile): void {
    this.#content = content
    this.file = file
    this.#company.open.add(this)
  }

  close(): void {
    this.#content?.close()
    this.#content = undefined
    this.#context = undefined
    this.file = undefined
    this.#company.open.delete(this)
    this.headBytes = undefined
  }

  /** For a copy is looked for, which may end before what was read did. */
  closeKeepingHead(): void {
    const { headBytes } = this
    this.close()
    this.headBytes = headBytes
  }

  /** Is followed by another path from now on. */
  rename(path: string, real: string): void {
    this.path = path
    this.real = real
    this.#context = undefined
  }

  /** What its events carry of where they are from: one object while the file is open, so that it is made ready once. */
  context(): JsonObject {
    return (this.#context ??= { log: { file: { path: this.path.toWellFormed() } } })
  }

  /** What the journal keeps; docs/TAIL.md describes it. */
  position(): Position {
    const { offset, head, mark, cut } = this.progress
    // While nothing is read of it, it may have been truncated, and what it held then be in a copy alone.
    const mtimeNs = (offset === 0 ? this.#unreadMtimeNs : undefined) ?? this.mtimeNs
    const unsure = this.#company.unsure.get(this.path)
    return {
      path: this.path,
      at: this.at ?? null,
      id: this.id,
      offset,
      head: head.hash,
      head_bytes: head.bytes,
      mark: mark.hash,
      mark_bytes: mark.bytes,
      size: Math.max(this.known, offset),
      mtime: String(mtimeNs),
      seen: this.seenAt,
      ...(this.real !== this.path && { real: this.real }),
      ...(cut && { cut }),
      ...(this.gzip && { gzip: true }),
      ...(this.finished && { finished: true }),
      ...(this.place === 'cut' && { copied: true }),
      ...(unsure !== undefined && { unsure_since: String(unsure) }),
    }
  }
}

/** The source that a position describes; undefined when it is not one of this kind. */
export function sourceFrom(key: string, position: Position, company: Company): Source | undefined {
  const { path, at, id, offset, head, mark, size, mtime, seen } = position
  if (typeof path !== 'string' || typeof id !== 'string' || typeof offset !== 'number') {
    return undefined
  }
  const source = new Source(key, path, id, Number(seen), company)
  source.at = typeof at === 'string' ? at : undefined
  if (typeof position['real'] === 'string') source.real = position['real']
  source.gzip = position['gzip'] === true
  source.progress = {
    offset,
    head: { bytes: Number(position['head_bytes']), hash: String(head) },
    mark: { bytes: Number(position['mark_bytes']), hash: String(mark) },
    cut: position['cut'] === true,
  }
  source.finished = position['finished'] === true
  source.durable = source.progress
  source.size = Number(size)
  source.known = source.size
  source.changedBefore(BigInt(String(mtime)))
  source.fresh = source.progress.offset === 0
  source.noted = true
  if (position['copied'] === true) source.place = 'cut'
  return source
}
