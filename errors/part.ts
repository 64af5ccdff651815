import type { FastifyInstance } from 'fastify'
import type { Operations } from '../core/control.ts'
import type { Context } from '../core/context.ts'
import type { Files } from '../core/files.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { Documents } from '../store/documents.ts'
import type { JsonValue } from '../store/search.ts'
import type { Blobs } from './blobs.ts'
import type { ErrorsConfig } from './config.ts'
import type { Projects } from './projects/project.ts'

/** One part of the error reports on the main thread: intake, the web API, uploads, alerts, the digest … */
export interface ErrorsPart extends Lifecycle {
  /** Its key in the status. */
  readonly name: string
  /**
   * Adds its routes, once somebody asks one (errors/paths.ts says which URLs come here). A route declares by
   * `config.scope` what a token has to allow; one without is open to all.
   */
  addRoutes?(app: FastifyInstance): void
  /** Adds what is to be found on Spotlight's own port. */
  addSpotlight?(app: FastifyInstance): void
  /** What commands may ask of a running Weir. */
  readonly operations?: Operations
  /** Plain JSON for `/api/status`. */
  status?(): object | Promise<object>
  /** What prom-client's registries of other threads hold, to be added to those of main. */
  metrics?(): Promise<object[][]>
  /** Applies a new config, changing only what changed. When it rejects the old one runs on. */
  reload?(config: ErrorsConfig): Promise<void>
}

/** The digest thread as others on main ask it (errors/digest/calls.ts). */
export interface Digest {
  /**
   * Starts the thread where it does not run.
   *
   * @throws WeirError WEIR_NOT_RUNNING, WEIR_WORKER_DIED or the call's own.
   */
  call(name: string, params: JsonValue): Promise<JsonValue>
}

/** What a part gets. */
export interface ErrorsWorld {
  readonly files: Files
  readonly journal: Journal
  /** Where documents are kept; undefined while, or where, there is no store. */
  readonly documents: () => Documents | undefined
  readonly projects: Projects
  readonly blobs: Blobs
  /** Who has digested reports. */
  readonly digest: Digest
  readonly dataFolder: string
  /** `<data>/errors`; it exists once something of the errors part was started. */
  readonly folder: string
  readonly logLevel: string
  readonly randomBytes: (count: number) => Uint8Array
  /** The context of a part by its id, such as `errors.ingest`. */
  readonly contextOf: (id: string) => Context
  /** How clients reach this Weir, without a slash at its end: `https://obs.example.com/weir`. */
  readonly baseUrl: () => string
}

export type MakePart = (config: ErrorsConfig, world: ErrorsWorld) => ErrorsPart
