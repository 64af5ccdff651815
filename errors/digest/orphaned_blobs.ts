import type { DatabaseSync } from 'node:sqlite'
import type { Blobs } from '../blobs.ts'
import { unusedBlobs } from '../issues/removal.ts'

/** A blob is put before the line that names it is durable, and digested: within this time, unless reports wait. */
const graceMs = 3_600_000
const folders = 256
/** Most files that a step looks at: what it does between two questions is to take milliseconds. */
const namesAtOnce = 500

/**
 * Deletes blobs that nothing names: a kill came between a blob and its line, or the journal refused the line. A
 * folder of the 256 at each step, the next one at the next.
 */
export class OrphanedBlobs {
  readonly #database: DatabaseSync
  readonly #blobs: Blobs
  #byte = 0
  /** Of the folder under way, what is still to be looked at. */
  #names: string[] = []
  #isReading = false
  /** Since the start. */
  deleted = 0

  constructor(database: DatabaseSync, blobs: Blobs) {
    this.#database = database
    this.#blobs = blobs
  }

  /**
   * To be called when every report that was durable an hour ago is digested, and while the database is open.
   *
   * @param nowMs ms since the epoch.
   * @returns what resolves once the names for the next step are read; it never rejects.
   * @throws at once what the database throws.
   */
  step(nowMs: number): Promise<void> {
    const names = this.#names.splice(0, namesAtOnce)
    this.deleted += this.offer(unusedBlobs(this.#database, names), nowMs)
    return this.#names.length === 0 ? this.#next() : Promise.resolve()
  }

  /**
   * Deletes what nothing names any more, as `step` would; one that was put just now stays until then, as a report
   * that is not digested yet may name it.
   *
   * @returns how many went.
   */
  offer(unused: readonly string[], nowMs: number): number {
    return unused.filter((name) => this.#delete(name, nowMs - graceMs)).length
  }

  /** One that cannot be deleted is tried again the next time round. */
  #delete(name: string, beforeMs: number): boolean {
    try {
      return this.#blobs.deleteOlder(name, beforeMs)
    } catch {
      return false
    }
  }

  /** A folder that cannot be read is looked at again the next time round. */
  async #next(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    const byte = this.#byte
    this.#byte = (byte + 1) % folders
    this.#names = await this.#blobs.namesFrom(byte).catch(() => [])
    this.#isReading = false
  }
}
