import { setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '../../core/errors.ts'
import type { Places } from '../../core/journal/cursor.ts'
import type { JournalFollower } from '../../core/journal/follower.ts'
import type { Clock } from '../../core/clock.ts'

/** What was gathered of the journal for one file, or for one segment of each stream. */
export interface Gathered {
  /** How far the journal is read once it is sealed. */
  readonly cursor: Places
  /** Whether it is less than what fits: all that was durable at the beginning of the pass is in it. */
  readonly isLast: boolean
}

/** What is made of the journal, and where it is kept. */
export interface Sealing<What extends Gathered> {
  /** Reads on; undefined where there is nothing. */
  readonly gather: (follower: JournalFollower) => Promise<What | undefined>
  /** Writes it and commits its cursor. */
  readonly seal: (gathered: What) => Promise<void>
  /** Commits the cursor alone, past what is not for this store. */
  readonly passOver: (cursor: Places) => Promise<void>
  /** Up to where the journal is committed. */
  readonly committed: () => Places
  /** What is remembered of what failed is not so. */
  readonly forget: () => void
}

export interface SealingEvents {
  /** @param isCaughtUp whether this was all there was. */
  readonly onSealed: (cursor: Places, isCaughtUp: boolean) => void
  /** Why nothing is sealed for now; null when it goes on. */
  readonly onPaused: (why: string | null) => void
}

export interface SealingPace {
  /** Between the beginnings of two passes, where there is something new. */
  readonly refreshMs: number
  /** Between the end of one and the beginning of the next at least, for what comes together. */
  readonly restMs: number
  /** Before what it says why it is paused: `nothing is taken into the store for now`. */
  readonly whenPaused: string
}

interface Waiting {
  readonly action: () => Promise<void>
  readonly resolve: () => void
  readonly reject: (why: unknown) => void
}

const retryMs = 2_000

/**
 * Passes over what is durable in the journal: while something is sealed, the next is gathered. A failure, such as
 * a full disk, loses nothing: the cursor has not moved, and it is tried again.
 */
export class SealingPasses<What extends Gathered> {
  readonly #sealing: Sealing<What>
  readonly #pace: SealingPace
  readonly #events: SealingEvents
  readonly #clock: Pick<Clock, 'monotonic'>
  #follower: JournalFollower
  #sealed: Places
  #waiting: Waiting[] = []
  #underWay = false
  #hurry = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #stopping = false
  #paused: string | null = null

  constructor(
    sealing: Sealing<What>,
    follow: (cursor: Places) => JournalFollower,
    pace: SealingPace,
    events: SealingEvents,
    clock: Pick<Clock, 'monotonic'>,
  ) {
    this.#sealing = sealing
    this.#pace = pace
    this.#events = events
    this.#clock = clock
    this.#sealed = sealing.committed()
    this.#follower = follow(this.#sealed)
  }

  get follower(): JournalFollower {
    return this.#follower
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Resolves once everything that is durable now is sealed. @throws why it cannot be. */
  async refresh(): Promise<void> {
    if (this.#underWay || this.#follower.isBehind()) await this.after(() => Promise.resolve())
  }

  /** Runs `action` when all that is durable now is sealed, while nothing is being sealed. */
  async after(action: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ action, resolve, reject })
    this.#hurry.resolve()
    await promise
  }

  /** Seals something, and tells of it. */
  async seal(gathered: What): Promise<void> {
    await this.#sealing.seal(gathered)
    this.#advanced(gathered)
  }

  /** Seals what is there, and ends. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#hurry.resolve()
    await this.#running
    await this.#follower.close()
  }

  async #run(): Promise<void> {
    for (;;) {
      const beganMs = this.#clock.monotonic()
      const isLast = this.#stopping
      const { changed } = this.#follower
      const waiting = this.#waiting.splice(0)
      try {
        this.#underWay = true
        await this.#sealAll()
        this.#pause(null)
        for (const { action, resolve, reject } of waiting) await action().then(resolve, reject)
      } catch (failure) {
        await this.#failed(failure, [...waiting, ...this.#waiting.splice(0)])
        if (isLast) return
        this.#hurry = Promise.withResolvers()
        if (!this.#stopping) await Promise.race([wait(retryMs), this.#hurry.promise])
        continue
      } finally {
        this.#underWay = false
      }
      if (isLast) return
      if (this.#waiting.length > 0 || this.#stopping) continue
      this.#hurry = Promise.withResolvers()
      if (!this.#follower.isBehind()) await Promise.race([changed, this.#hurry.promise])
      const { refreshMs, restMs } = this.#pace
      const leftMs = refreshMs - (this.#clock.monotonic() - beganMs)
      await Promise.race([wait(Math.max(restMs, leftMs)), this.#hurry.promise])
    }
  }

  /** Seals all that is durable at the call. */
  async #sealAll(): Promise<void> {
    let sealing: Promise<void> = Promise.resolve()
    let failure: { why: unknown } | undefined
    let isLast = false
    while (!isLast) {
      const gathered = await this.#sealing.gather(this.#follower)
      isLast = !gathered || gathered.isLast
      await sealing
      if (failure) throw failure.why
      if (!gathered) break
      sealing = this.seal(gathered).catch((why: unknown) => {
        failure = { why }
      })
    }
    await sealing
    if (failure) throw failure.why
    const { places } = this.#follower
    if (JSON.stringify(places) === JSON.stringify(this.#sealed)) return
    await this.#sealing.passOver(places)
    this.#advanced({ cursor: places, isLast: true })
  }

  #advanced({ cursor, isLast }: Gathered): void {
    this.#sealed = { ...this.#sealed, ...cursor }
    this.#events.onSealed(this.#sealed, isLast)
  }

  async #failed(failure: unknown, waiting: readonly Waiting[]): Promise<void> {
    const why = `${this.#pace.whenPaused}: ${messageOf(failure)}`
    this.#pause(why)
    for (const { reject } of waiting) reject(new Error(why))
    // From the last committed place on, with nothing remembered of what failed.
    const follower = this.#follower
    this.#sealing.forget()
    this.#sealed = this.#sealing.committed()
    this.#follower = follower.from(this.#sealed)
    await follower.close()
  }

  #pause(why: string | null): void {
    if (this.#paused === why) return
    this.#paused = why
    this.#events.onPaused(why)
  }
}
