import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Clock } from '../core/clock.ts'
import type { Operations } from '../core/control.ts'
import type { HttpHandlers } from '../core/http/routes.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { Metrics, Registry } from '../core/metrics.ts'

/** A config, and the plain data it was made from (which can go to a worker thread). */
export interface Loaded {
  readonly config: Config
  readonly input: unknown
  /** Where a key stands, such as `weir.yaml:3:5`. */
  readonly placeOf: (path: readonly string[]) => string
}

/** What the parts of Weir get from `weir start`. */
export interface Surroundings {
  readonly loaded: Loaded
  /** Absolute; this process holds its lock. */
  readonly dataFolder: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: () => number
  /** Instruments of the main thread, and the registry they are in. */
  readonly metrics: Metrics
  readonly registry: Registry
  readonly stdin: NodeJS.ReadableStream
  /** How clients reach this Weir, without a slash at its end; once the port is open. */
  readonly baseUrl: () => string
  /** For processes that Weir starts. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Everything behind the HTTP port and the control socket: journal, collector, outputs. */
export interface Running extends Lifecycle, HttpHandlers {
  /** Applies a new config, changing only what changed. When it rejects the old one runs on. */
  reload(loaded: Loaded): Promise<void>
  /** Adds the routes of parts that have started. */
  readonly extend: (app: FastifyInstance) => void
  /** The Elasticsearch API below `prefix`, once somebody asks it. */
  readonly addApi: (app: FastifyInstance, prefix: string) => Promise<void>
  /** The JSON API of metrics, `/api/metrics`, once somebody asks it. */
  readonly addMetricsApi: (app: FastifyInstance) => Promise<void>
  /** Graphite's API below `prefix`, once somebody asks it. */
  readonly addGraphite: (app: FastifyInstance, prefix: string) => Promise<void>
  /** Sentry's paths, once somebody asks them. */
  readonly addErrors: (app: FastifyInstance) => Promise<void>
  /** Spotlight's, on a port of their own. */
  readonly addSpotlight: (app: FastifyInstance) => Promise<void>
  /** What commands may ask: `journal.ls`, `dead.replay`, … */
  readonly operations: Operations
}
