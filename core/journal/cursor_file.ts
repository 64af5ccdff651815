import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import { type Cursor, isBefore, type Place, saveCursor } from './cursor.ts'

const soonMs = 1000

/** The cursor of a reader in memory, and its way to disk: one write at a time, what comes meanwhile shares the next. */
export class CursorFile {
  readonly #files: Files
  readonly #clock: Clock
  readonly #dataFolder: string
  readonly #reader: string
  readonly #sent: Record<string, Place>
  #cursor: Record<string, Place>
  #saving = false
  #next: PromiseWithResolvers<void> | undefined
  #soon = false

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
    this.#sent = { ...given.sent }
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

  /** Resolves once the file says that all before `place` may have been sent. Rejects when the disk fails. */
  async reserve(partition: string, place: Place): Promise<void> {
    const sent = this.#sent[partition]
    if (!sent || isBefore(sent, place)) this.#sent[partition] = place
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

  /** For a move that would be made again if it were lost. */
  saveSoon(): void {
    if (this.#soon) return
    this.#soon = true
    void this.#clock.sleep(soonMs).then(() => {
      if (this.#soon) return this.save().catch(() => undefined)
    })
  }

  async #saveAll(): Promise<void> {
    this.#saving = true
    while (this.#next) {
      const waiting = this.#next
      this.#next = undefined
      this.#soon = false
      const state = { cursor: this.#cursor, sent: this.#sent }
      try {
        await saveCursor(this.#files, this.#dataFolder, this.#reader, state)
        waiting.resolve()
      } catch (failure) {
        waiting.reject(failure as Error)
      }
    }
    this.#saving = false
  }
}
