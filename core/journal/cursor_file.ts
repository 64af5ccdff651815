import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import { type Cursor, isBefore, type Place, saveCursor } from './cursor.ts'

/** How long what was delivered may be read again after a crash; its fate is then settled (`sent`). */
const deliveredMs = 100
/** The same for the first few events behind the file: what trickles in would cost eight calls of the disk a second. */
const fewMs = 5_000
const fewEvents = 1_000
/** How long what was only passed over may be; after a crash it is passed over again. */
const passedMs = 10_000

/** The cursor of a reader in memory, and its way to disk: one write at a time, what comes meanwhile shares the next. */
export class CursorFile {
  readonly #files: Files
  readonly #clock: Clock
  readonly #dataFolder: string
  readonly #reader: string
  /** Behind the last event given to the target, as this run or what the file said knows it. */
  readonly #sent: Record<string, Place>
  /** What the file is to say of it, which may be further; and what it does say. */
  #claimed: Record<string, Place>
  #reserved: Readonly<Record<string, Place>>
  #cursor: Record<string, Place>
  /** What the file says of it. */
  #saved: Readonly<Record<string, Place>>
  #saving = false
  #next: PromiseWithResolvers<void> | undefined
  /** When the next save is due, monotonic; undefined when none is. */
  #dueMs: number | undefined

  constructor(
    reader: string,
    given: Cursor,
    world: { readonly files: Files; readonly clock: Clock; readonly dataFolder: string },
  ) {
    this.#reader = reader
    this.#files = world.files
    this.#clock = world.clock
    this.#dataFolder = world.dataFolder
    this.#cursor = { ...given.cursor }
    this.#saved = { ...given.cursor }
    this.#sent = { ...given.sent }
    this.#claimed = { ...given.sent }
    this.#reserved = { ...given.sent }
  }

  get cursor(): Readonly<Record<string, Place>> {
    return this.#cursor
  }

  sent(partition: string): Place | undefined {
    return this.#sent[partition]
  }

  /** Moves the cursor forward. @returns false when it is there already, or further. */
  advance(partition: string, place: Place): boolean {
    const known = this.#cursor[partition]
    if (place.segment === '' || (known && !isBefore(known, place))) return false
    this.#cursor[partition] = place
    return true
  }

  /**
   * Resolves once the file says that all before `place` may have been sent. Rejects when the disk fails.
   *
   * @param ahead events behind `place` that are reserved with it, so that not every request waits for
   *   the disk. After a crash they are taken for events that may be known, which costs a look.
   */
  async reserve(partition: string, place: Place, ahead: number): Promise<void> {
    const sent = this.#sent[partition]
    if (!sent || isBefore(sent, place)) this.#sent[partition] = place
    const reserved = this.#reserved[partition]
    if (reserved && !isBefore(reserved, place)) return
    const claimed = this.#claimed[partition]
    if (!claimed || isBefore(claimed, place)) {
      this.#claimed[partition] = { ...place, ordinal: place.ordinal + ahead }
    }
    await this.save()
  }

  /** Saves, when nothing is read any more: what was reserved and not sent is given back. */
  async close(): Promise<void> {
    this.#claimed = { ...this.#sent }
    await this.save()
  }

  /** Sets the cursor, forward or back; what was sent stays sent. */
  async move(places: Readonly<Record<string, Place>>): Promise<void> {
    this.#cursor = { ...places }
    await this.save()
  }

  save(): Promise<void> {
    this.#next ??= Promise.withResolvers<void>()
    const { promise } = this.#next
    if (!this.#saving) void this.#saveAll()
    return promise
  }

  /** For a move whose loss a crash makes good. @param delivered by a look at the target. */
  saveSoon(delivered: boolean): void {
    const waitMs = delivered ? (this.#isFew() ? fewMs : deliveredMs) : passedMs
    const dueMs = this.#clock.monotonic() + waitMs
    if (this.#dueMs !== undefined && this.#dueMs <= dueMs) return
    this.#dueMs = dueMs
    void this.#clock.sleep(waitMs).then(() => {
      if (this.#dueMs === dueMs) return this.save().catch(() => undefined)
    })
  }

  /** Whether the file is behind by no more than a few events; of other segments nobody counts them. */
  #isFew(): boolean {
    let events = 0
    for (const [partition, { segment, ordinal }] of Object.entries(this.#cursor)) {
      const saved = this.#saved[partition]
      if (saved?.segment !== segment) return false
      events += ordinal - saved.ordinal
    }
    return events <= fewEvents
  }

  async #saveAll(): Promise<void> {
    this.#saving = true
    while (this.#next) {
      const waiting = this.#next
      this.#next = undefined
      this.#dueMs = undefined
      const state = { cursor: { ...this.#cursor }, sent: { ...this.#claimed } }
      try {
        await saveCursor(this.#files, this.#dataFolder, this.#reader, state)
        this.#reserved = state.sent
        this.#saved = state.cursor
        waiting.resolve()
      } catch (failure) {
        waiting.reject(failure as Error)
      }
    }
    this.#saving = false
  }
}
