import type { Context } from '../core/context.ts'
import { isDiskFailure } from '../core/disk_failure.ts'
import type { Places } from '../core/journal/cursor.ts'
import type { JournalFeed } from '../core/journal/feed.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { StoreConfig } from './config.ts'
import type { StartChild } from './embedded/child_handle.ts'
import { EmbeddedEngine } from './embedded/engine.ts'
import { EmbeddedMetrics } from './embedded/embedded_metrics.ts'
import { knownTo } from './embedded/known_places.ts'
import type { StoreRoutes } from './embedded/protocol.ts'
import type { MetricStore } from './metrics.ts'

export interface LocalPointsWorld {
  readonly journal: Journal
  readonly context: Context
  readonly routes: StoreRoutes
  readonly startChild: StartChild
}

/** No output's: those have no dot. */
const reader = 'store.points'

/**
 * Lets go of what the journal holds for points beside a cluster, once the embedded store, which goes on where those are,
 * holds it itself.
 *
 * @param feed of the embedded store, not beyond what the points' own cursor says.
 */
export async function endLocalPoints(
  journal: Journal,
  feed: JournalFeed,
  { log }: Pick<Context, 'log'>,
): Promise<void> {
  try {
    // What takes its place comes first.
    await feed.save()
    if (await journal.forget(reader)) log.info('the embedded store goes on with the points')
  } catch (failure) {
    if (!isDiskFailure(failure)) throw failure
    log.warn({ failure }, 'the journal is held for points beside a cluster until the next start')
  }
}

/**
 * Metric points on this machine beside a store that is a cluster: the embedded engine, of the journal's points alone. Its
 * process is not started before somebody asks, or points wait.
 */
export class LocalPoints implements Lifecycle {
  readonly #config: StoreConfig
  readonly #world: LocalPointsWorld
  #feed: JournalFeed | undefined
  #engine: EmbeddedEngine | undefined

  constructor(config: StoreConfig, world: LocalPointsWorld) {
    this.#config = config
    this.#world = world
  }

  /** @throws WeirError when a file of the store is damaged beyond use, or a newer Weir wrote it. */
  async start(): Promise<void> {
    const { journal, context, routes, startChild } = this.#world
    this.#feed = journal.feed(reader, this.#cursor())
    const given = { context, feed: this.#feed, routes: pointsAlone(routes), startChild }
    this.#engine = new EmbeddedEngine(this.#config, given)
    await this.#engine.start()
  }

  /** Where the points are in the journal; while the disk fails, at its beginning, so that nothing of it goes. */
  #cursor(): Places {
    try {
      return knownTo(`${this.#world.context.dataFolder}/store`).cursor
    } catch (failure) {
      if (!isDiskFailure(failure)) throw failure
      return {}
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#engine?.stop(deadline)
    this.#engine = undefined
    if (this.#feed) await this.#world.journal.releaseFeed(this.#feed)
    this.#feed = undefined
  }

  updateRoutes(routes: StoreRoutes): void {
    this.#engine?.updateRoutes(pointsAlone(routes))
  }

  get metrics(): MetricStore {
    if (!this.#engine) throw new Error('BUG: the points have not started')
    return new EmbeddedMetrics(this.#engine)
  }

  /** For the status page. */
  status() {
    const { pid, questions, paused } = this.#engine!.state
    return { process: pid ?? null, questions, paused, lag: this.#feed!.lag() }
  }
}

const pointsAlone = ({ points }: StoreRoutes): StoreRoutes => {
  return { outputs: [], points, isPointsOnly: true }
}
