import type { FastifyInstance } from 'fastify'
import type { Context } from '../core/context.ts'
import type { RunningOutput } from '../core/delivery/running_output.ts'
import type { Family } from '../core/exposition/family.ts'
import type { Files } from '../core/files.ts'
import type { Append } from '../core/journal/batch.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { Documents } from '../store/documents.ts'
import type { MetricStore } from '../store/metrics.ts'
import type { StatsdConfig } from './config.ts'
import type { JournalPiece } from './forward/forwarded.ts'
import type { Instance } from './instance.ts'
import type { Receiver } from './receive/receiver.ts'

/** One part of the metrics daemon on the main thread: the StatsD server, the backends, carbon, host metrics … */
export interface StatsdPart extends Lifecycle {
  /** Its key in the status. */
  readonly name: string
  /** Called after `start`, again for each HTTP port that is made. */
  addRoutes?(app: FastifyInstance): void
  /** Adds Graphite's API below `prefix`, `/graphite` or, on a port of its own, nothing. */
  addGraphite?(app: FastifyInstance, prefix: string): Promise<void>
  /** Plain JSON for `/api/status`. */
  status?(): object | Promise<object>
  /** What prom-client's registries of other threads hold, to be added to those of main. */
  metrics?(): Promise<object[][]>
  /** What `/metrics` shows behind Weir's own metrics. */
  exposition?(): Iterable<Family> | Promise<Iterable<Family>>
  /** What the console's `stats` shows behind its own; `last_…` are seconds since the epoch. */
  stats?(): Iterable<readonly [group: string, name: string, value: number]>
  /** What sends to a target, by its id, for its dead letters. */
  output?(id: string): RunningOutput | undefined
  /** Applies a new config, changing only what changed. When it rejects the old one runs on. */
  reload?(config: StatsdConfig): Promise<void>
}

/** What a part gets. */
export interface StatsdWorld {
  readonly files: Files
  readonly journal: Journal
  /** Makes lines of points durable, in a partition of the main thread. */
  readonly append: Append
  /** What listens for StatsD lines: raw packets and lines can be watched there. */
  readonly receiver: Receiver
  /** Merges what other Weirs flushed into the next flush; resolves once that is durable. */
  readonly merge: (pieces: readonly JournalPiece[]) => Promise<void>
  /** This Weir as points name it, kept in the data folder. */
  readonly instance: Instance
  /** Where points and documents are kept; undefined while, or where, there is none. */
  readonly store: KeptStore
  readonly dataFolder: string
  readonly logLevel: string
  readonly hostname: string
  readonly randomBytes: (count: number) => Uint8Array
  /** The context of a part by its id, such as `statsd.graphite`. */
  readonly contextOf: (id: string) => Context
  /** The keys under `statsd` that the config names itself, so that a default address that is taken is no failure. */
  readonly configured: ReadonlySet<string>
}

/** The store, as parts that answer questions have it. */
export interface KeptStore {
  readonly points: () => MetricStore | undefined
  readonly documents: () => Documents | undefined
  /** Most time for an answer. */
  readonly timeoutMs: number
}

export type MakePart = (config: StatsdConfig, world: StatsdWorld) => StatsdPart
