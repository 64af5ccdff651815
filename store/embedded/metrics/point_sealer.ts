import type { Places } from '../../../core/journal/cursor.ts'
import type { JournalFollower } from '../../../core/journal/follower.ts'
import { SealingPasses, type Gathered, type SealingEvents } from '../sealing_passes.ts'
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

const seriesRemembered = 2_000_000

interface GatheredPoints extends Gathered {
  readonly file: PointFile
  readonly path: string
}

/** Turns the points that are durable in the journal into files. */
export class PointSealer {
  readonly #store: PointStore
  readonly #catalogue: CatalogueWriter
  readonly #options: PointSealerOptions
  readonly #seen = new SeenSeries(seriesRemembered)
  readonly #passes: SealingPasses<GatheredPoints>
  #number = 0

  constructor(
    store: PointStore,
    catalogue: CatalogueWriter,
    follow: (cursor: Places) => JournalFollower,
    options: PointSealerOptions,
    events: SealingEvents,
  ) {
    this.#store = store
    this.#catalogue = catalogue
    this.#options = options
    const { refreshMs } = options
    this.#passes = new SealingPasses(
      {
        gather: (follower) => this.#gather(follower),
        seal: (gathered) => this.#seal(gathered),
        passOver: (cursor) => store.commit({ cursor }),
        committed: () => store.manifest.cursor(),
        forget: () => this.#forget(),
      },
      follow,
      {
        refreshMs,
        restMs: refreshMs,
        whenPaused: 'no points are taken into the store for now',
      },
      events,
      store.world.clock,
    )
  }

  get follower(): JournalFollower {
    return this.#passes.follower
  }

  start(): void {
    this.#passes.start()
  }

  /** Resolves once every point that is durable now is in a file. @throws why it cannot be. */
  refresh(): Promise<void> {
    return this.#passes.refresh()
  }

  /** Seals what is there, and ends. */
  stop(): Promise<void> {
    return this.#passes.stop()
  }

  async #gather(follower: JournalFollower): Promise<GatheredPoints | undefined> {
    const { files, folder, clock } = this.#store.world
    let found = await follower.read(this.#options.readBytes)
    if (!found) return undefined
    const path = `${workFolder(folder)}/points-${this.#number++ % 2}.lines`
    const file = await PointFile.create(files, path, this.#seen, clock.now())
    try {
      while (found) {
        await file.add(found.chunk)
        if (file.bytes >= this.#options.chunkBytes) break
        found = await follower.read(this.#options.readBytes)
      }
    } finally {
      await file.close()
    }
    const isLast = file.bytes < this.#options.chunkBytes
    return { file, path, cursor: follower.places, isLast }
  }

  async #seal({ file, path, cursor }: GatheredPoints): Promise<void> {
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
  }

  #forget(): void {
    this.#seen.forget()
    this.#catalogue.rolledBack()
  }
}
