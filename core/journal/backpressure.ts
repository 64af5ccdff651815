import type { Clock } from '../clock.ts'
import { messageOf, WeirError } from '../errors.ts'
import type { Space } from './space.ts'

/** Why a writer takes nothing at the moment. */
export interface Trouble {
  readonly kind: 'full' | 'disk'
  readonly message: string
  /** Room that what waits needs, for `full`; 0 when nothing waits. */
  readonly wantedBytes?: number
}

export interface BackpressureWorld {
  readonly clock: Clock
  readonly space: Space
  /** The partition's folder, for the message. */
  readonly folder: string
  readonly whenFull: 'block' | 'drop_newest' | 'drop_oldest'
  /** Fires when nothing is waited for any more. */
  readonly closing: AbortSignal
  /** Called when the trouble changes: null when it is over. */
  readonly onTrouble: (trouble: Trouble | null) => void
}

const retryMs = 1000
/** Of the journal. The rest is for what no reader can free: the newest segment of each partition. */
const mostAtOnce = 7 / 8

/** A full journal or a failing disk: what a writer waits for, and when it is said that it does. */
export class Backpressure {
  readonly #world: BackpressureWorld
  readonly #gaveUp: Promise<unknown>
  #trouble: Trouble['kind'] | undefined
  #watching = false

  constructor(world: BackpressureWorld) {
    this.#world = world
    this.#gaveUp = new Promise((resolve) => world.closing.addEventListener('abort', resolve))
  }

  /** What keeps the writer from writing. */
  get trouble(): Trouble['kind'] | undefined {
    return this.#trouble
  }

  /**
   * Waits for room.
   *
   * @param size bytes that want it; less once some of what waits is withdrawn.
   * @param finishSegment ends the segment, since only what is finished can be deleted to make room.
   * @returns false when there is none, and what arrives is to be dropped.
   * @throws WeirError WEIR_REQUEST_TOO_LARGE, or WEIR_JOURNAL_CLOSED at the end.
   */
  async room(size: () => number, finishSegment: () => Promise<void>): Promise<boolean> {
    const { space, whenFull, closing } = this.#world
    for (let wanted = 0; ;) {
      const seen = space.frees
      const bytes = size()
      if (bytes === 0 && wanted > 0) this.#watchRoom(wanted)
      if (bytes === 0) return true
      if (space.hasRoom(bytes)) break
      wanted = bytes
      await finishSegment()
      const full = `the journal is full (${space.used} of ${space.limit} bytes): a reader lags, see "weir journal ls", or raise journal.max_disk`
      if (whenFull === 'drop_newest') {
        this.#report({ kind: 'full', message: `${full}; what arrives is dropped` })
        this.#watchRoom(bytes)
        return false
      }
      if (bytes > space.limit * mostAtOnce) throw tooLarge(bytes, space.limit)
      this.#report({ kind: 'full', message: full, wantedBytes: bytes })
      if (closing.aborted) throw closedError()
      await this.#freed(seen)
    }
    if (this.#trouble === 'full') this.#report(null)
    return true
  }

  /** The disk did not take something. */
  failed(failure: unknown): void {
    this.#report({
      kind: 'disk',
      message: `cannot write the journal in ${this.#world.folder}: ${messageOf(failure)}; nothing is taken in until it can`,
    })
  }

  /** Waits until the disk is to be tried again. @throws WeirError WEIR_JOURNAL_CLOSED at the end. */
  async retry(): Promise<void> {
    const { clock, closing } = this.#world
    if (closing.aborted) throw closedError()
    await clock.sleep(retryMs, closing)
    if (closing.aborted) throw closedError()
  }

  /** The disk took everything. */
  written(): void {
    if (this.#trouble === 'disk') this.#report(null)
  }

  /** Nothing waits for room when everything is dropped or withdrawn, so somebody has to see when there is some. */
  #watchRoom(bytes: number): void {
    if (this.#watching) return
    this.#watching = true
    void (async () => {
      const { space, closing } = this.#world
      while (this.#trouble === 'full' && !space.hasRoom(bytes) && !closing.aborted) {
        await this.#freed(space.frees)
      }
      this.#watching = false
      if (this.#trouble === 'full') this.#report(null)
    })()
  }

  /** Resolves once something was freed since `frees` was looked at, when it is time to try again, or at the end. */
  async #freed(since: number): Promise<void> {
    const { clock, space } = this.#world
    const done = new AbortController()
    const sleep = clock.sleep(retryMs, done.signal)
    await Promise.race([space.freed(since, retryMs), sleep, this.#gaveUp])
    done.abort()
  }

  #report(trouble: Trouble | null): void {
    if (this.#trouble === trouble?.kind) return
    this.#trouble = trouble?.kind
    this.#world.onTrouble(trouble)
  }
}

export const closedError = () =>
  new WeirError('WEIR_JOURNAL_CLOSED', 'the journal takes nothing more: Weir is stopping')

function tooLarge(bytes: number, limit: number): WeirError {
  return new WeirError(
    'WEIR_REQUEST_TOO_LARGE',
    `${bytes} bytes at once are too many for a journal of ${limit}: send less at once, or raise journal.max_disk`,
  )
}
