import { segmentsFolder } from './layout.ts'
import type { SegmentStore } from './segment_store.ts'
import { takeWholeBack } from './verify.ts'

/** A folder that is away may have thousands of files: so often is each looked for. */
const lookEveryMs = 1_000

/** Looks for the files of segments that were set aside because they were missing: a mount or a backup brings them back. */
export class ReturnedFiles {
  readonly #store: SegmentStore
  /** Segments whose files are there, and are not whole. */
  readonly #broken = new Set<number>()
  #lookedMs = -Infinity

  constructor(store: SegmentStore) {
    this.#store = store
  }

  /** To be called before a question is answered: costs nothing where nothing is missing. */
  async takeBack(deadline: AbortSignal): Promise<void> {
    const { manifest, world } = this.#store
    if (manifest.aside.size === 0) return
    const nowMs = world.clock.monotonic()
    if (nowMs < this.#lookedMs + lookEveryMs) return
    this.#lookedMs = nowMs
    for (const segment of manifest.aside.values()) {
      const path = `${segmentsFolder(world.folder)}/${segment.file}`
      // A mount may fail to say even that.
      const isThere = (await world.files.size(path).catch(() => undefined)) !== undefined
      if (!isThere) this.#broken.delete(segment.id)
      else if (!this.#broken.has(segment.id)) {
        await takeWholeBack(this.#store, deadline, [segment])
        if (deadline.aborted) return
        if (manifest.aside.has(segment.id)) this.#broken.add(segment.id)
      }
    }
  }
}
