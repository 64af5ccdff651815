import { setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '../../../core/errors.ts'
import type { Places } from '../../../core/journal/cursor.ts'
import type { JournalFollower } from '../../../core/journal/follower.ts'
import { workFolder } from '../segments/layout.ts'
import type { CatalogueWriter } from './catalogue_writer.ts'
import { pointsOfLines } from './point_columns.ts'
import { PointFile } from './point_file.ts'
import type { PointStore } from './point_store.ts'
import { SeenSeries } from './seen_series.ts'

export interface PointSealerOptions {
  /** Bytes of journal lines of one file, at most about. */
  readonly chunkBytes: number
  /** Bytes read of the journal at once. */
  readonly readBytes: number
  readonly refreshMs: number
}

export interface PointSealerEvents {
  /** @param isCaughtUp whether this was all there was. */
  readonly onSealed: (cursor: Places, isCaughtUp: boolean) => void
  /** Why nothing is sealed for now; null when it goes on. */
  readonly onPaused: (why: string | null) => void
}

const retryMs = 2_000
const seriesRemembered = 2_000_000

interface Gathered {
  readonly file: PointFile
  readonly path: string
  readonly cursor: Places
  readonly isLast: boolean
}

/**
 * Turns the points that are durable in the journal into files: while DuckDB writes one, the next are gathered. A
 * failure loses nothing: the cursor has not moved.
 */
export class PointSealer {
  readonly #store: PointStore
  readonly #catalogue: CatalogueWriter
  readonly #options: PointSealerOptions
  readonly #events: PointSealerEvents
  readonly #seen = new SeenSeries(seriesRemembered)
  #follower: JournalFollower
  #sealed: Places
  #number = 0
  #waiting: PromiseWithResolvers<void>[] = []
  #sealing = false
  #hurry = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  #stopping = false
  #paused: string | null = null

  constructor(
    store: PointStore,
    catalogue: CatalogueWriter,
    follow: (cursor: Places) => JournalFollower,
    options: PointSealerOptions,
    events: PointSealerEvents,
  ) {
    this.#store = store
    this.#catalogue = catalogue
    this.#options = options
    this.#events = events
    this.#sealed = store.manifest.cursor()
    this.#follower = follow(this.#sealed)
  }

  get follower(): JournalFollower {
    return this.#follower
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Resolves once every point that is durable now is in a file. @throws why it cannot be. */
  async refresh(): Promise<void> {
    if (!this.#sealing && !this.#follower.isBehind()) return
    const waiting = Promise.withResolvers<void>()
    this.#waiting.push(waiting)
    this.#hurry.resolve()
    await waiting.promise
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
      const isLast = this.#stopping
      const { changed } = this.#follower
      const waiting = this.#waiting.splice(0)
      try {
        this.#sealing = true
        await this.#sealAll()
        this.#pause(null)
        for (const each of waiting) each.resolve()
      } catch (failure) {
        await this.#failed(failure, [...waiting, ...this.#waiting.splice(0)])
        if (isLast) return
        this.#hurry = Promise.withResolvers()
        if (!this.#stopping) await Promise.race([wait(retryMs), this.#hurry.promise])
        continue
      } finally {
        this.#sealing = false
      }
      if (isLast) return
      if (this.#waiting.length > 0 || this.#stopping) continue
      this.#hurry = Promise.withResolvers()
      if (!this.#follower.isBehind()) await Promise.race([changed, this.#hurry.promise])
      await Promise.race([wait(this.#options.refreshMs), this.#hurry.promise])
    }
  }

  /** Seals all that is durable at the call. */
  async #sealAll(): Promise<void> {
    let sealing: Promise<void> = Promise.resolve()
    let failure: { why: unknown } | undefined
    let isLast = false
    while (!isLast) {
      const gathered = await this.#gather()
      isLast = !gathered || gathered.isLast
      await sealing
      if (failure) throw failure.why
      if (!gathered) break
      sealing = this.#seal(gathered).catch((why: unknown) => {
        failure = { why }
      })
    }
    await sealing
    if (failure) throw failure.why
    const { places } = this.#follower
    if (JSON.stringify(places) === JSON.stringify(this.#sealed)) return
    // What was passed over, because it is no points.
    await this.#store.commit({ cursor: places })
    this.#advanced(places, true)
  }

  async #gather(): Promise<Gathered | undefined> {
    const { files, folder, clock } = this.#store.world
    let found = await this.#follower.read(this.#options.readBytes)
    if (!found) return undefined
    const path = `${workFolder(folder)}/points-${this.#number++ % 2}.lines`
    const file = await PointFile.create(files, path, this.#seen, clock.now())
    try {
      while (found) {
        await file.add(found.chunk)
        if (file.bytes >= this.#options.chunkBytes) break
        found = await this.#follower.read(this.#options.readBytes)
      }
    } finally {
      await file.close()
    }
    const isLast = file.bytes < this.#options.chunkBytes
    return { file, path, cursor: this.#follower.places, isLast }
  }

  async #seal({ file, path, cursor, isLast }: Gathered): Promise<void> {
    const { manifest, world } = this.#store
    const facts = file.facts()
    const rows = pointsOfLines(path, facts)
    const wanted = { stepMs: 0, period: undefined, checkedMs: -1, rules: '' }
    const lastOrder = manifest.takeId()
    const added =
      facts.points === 0
        ? undefined
        : await world.sealing((each) => this.#store.write(each, rows, { ...wanted, lastOrder }))
    world.step('commit points')
    await this.#store.commit({
      add: added ? [added] : [],
      cursor,
      also: () => this.#catalogue.write(this.#seen.take()),
    })
    world.step('points sealed')
    // Of points that came twice there is one; else all that DuckDB did not take were none.
    const unread = facts.mayRepeat ? 0 : facts.points - (added?.rows ?? 0)
    if (facts.refused + unread > 0) world.count('bad_point', facts.refused + unread)
    await world.files.remove(path)
    this.#advanced(cursor, isLast)
  }

  #advanced(cursor: Places, isCaughtUp: boolean): void {
    this.#sealed = { ...this.#sealed, ...cursor }
    this.#events.onSealed(this.#sealed, isCaughtUp)
  }

  async #failed(failure: unknown, waiting: readonly PromiseWithResolvers<void>[]): Promise<void> {
    const why = `no points are taken into the store for now: ${messageOf(failure)}`
    this.#pause(why)
    for (const { reject } of waiting) reject(new Error(why))
    // From the last committed place on, with nothing remembered of what failed.
    const follower = this.#follower
    this.#seen.forget()
    this.#catalogue.rolledBack()
    this.#sealed = this.#store.manifest.cursor()
    this.#follower = follower.from(this.#sealed)
    await follower.close()
  }

  #pause(why: string | null): void {
    if (this.#paused === why) return
    this.#paused = why
    this.#events.onPaused(why)
  }
}
