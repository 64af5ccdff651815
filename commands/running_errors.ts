import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { systemClock } from '../core/clock.ts'
import type { Arguments } from '../core/control.ts'
import type { Context } from '../core/context.ts'
import { WeirError } from '../core/errors.ts'
import { systemFiles } from '../core/files.ts'
import type { RunningOutput } from '../core/delivery/running_output.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Lifecycle } from '../core/lifecycle.ts'
import type { ErrorsConfig } from '../errors/config.ts'
import type { Errors } from '../errors/errors.ts'
import type { ProjectAccess } from '../errors/projects/operations.ts'
import type { Documents } from '../store/documents.ts'
import type { RunningStore } from './running_store.ts'

export interface ErrorsGiven {
  readonly config: Config
  readonly journal: () => Journal
  readonly dataFolder: string
  readonly contextOf: (id: string) => Context
  readonly store: () => RunningStore | undefined
  readonly baseUrl: () => string
}

/** What brings digested errors to a store that is a cluster. */
export const errorsOutputId = 'output.errors'

export const errorsRun = ({ errors, roles }: Config): boolean =>
  errors.enabled && roles.includes('errors')

/**
 * The projects of a folder that no Weir runs on.
 *
 * @param args `stopped` says what the config has of them.
 */
export async function stoppedProjects(
  args: Arguments,
  documents: Documents,
): Promise<ProjectAccess> {
  const {
    engine,
    configured,
    base_url: baseUrl,
  } = args['stopped'] as {
    engine: string
    configured: ErrorsConfig['projects']
    base_url: string
  }
  if (engine !== 'embedded') {
    const text = 'the store is a cluster, where projects are: start Weir first'
    throw new WeirError('WEIR_NOT_RUNNING', text)
  }
  const { ProjectRegistry } = await import('../errors/projects/registry.ts')
  const projects = new ProjectRegistry(configured, {
    documents: () => documents,
    nowMs: systemClock.now,
    randomBytes: (count) => randomBytes(count),
    onUnremembered: () => undefined,
  })
  return { projects, newKey: (label) => projects.newKey(label), baseUrl }
}

const fixedKeys: readonly (readonly [string, (config: ErrorsConfig) => unknown])[] = [
  ['errors.enabled', ({ enabled }) => enabled],
  ['errors.spotlight.listen', ({ spotlight }) => spotlight.listen],
]

/**
 * Error reports in a running Weir. Nothing of them is loaded before somebody asks, but for what an earlier run has
 * left to do, and where the config has projects.
 */
export class RunningErrors implements Lifecycle {
  readonly #given: ErrorsGiven
  #config: ErrorsConfig
  #begun: Promise<Errors> | undefined
  /** Once it runs. */
  started: Errors | undefined
  #stopping = false
  #output: RunningOutput | undefined

  constructor(given: ErrorsGiven) {
    this.#given = given
    this.#config = given.config.errors
  }

  async start(): Promise<void> {
    const { spotlight, projects } = this.#config
    const isConfigured = spotlight.listen.length > 0 || Object.keys(projects).length > 0
    if (!isConfigured && !existsSync(join(this.#given.dataFolder, 'errors'))) return
    try {
      await this.needed()
    } catch (failure) {
      // Logs and metrics go on without it: the next report tries again.
      const { log } = this.#given.contextOf('errors')
      log.error({ err: failure }, 'error reports cannot be taken in; the next one tries again')
    }
  }

  /** Starts what takes in and answers, if it does not run. @throws what keeps it from that; the next call tries again. */
  needed(): Promise<Errors> {
    if (this.#stopping) {
      return Promise.reject(new WeirError('WEIR_NOT_RUNNING', 'Weir is stopping'))
    }
    this.#begun ??= this.#begin().catch((failure: unknown) => {
      this.#begun = undefined
      throw failure
    })
    return this.#begun
  }

  async addRoutes(app: FastifyInstance): Promise<void> {
    ;(await this.needed()).addRoutes(app)
  }

  /** Spotlight's routes, on a port of their own. */
  async addSpotlight(app: FastifyInstance): Promise<void> {
    ;(await this.needed()).addSpotlight(app)
  }

  /** For commands. */
  async projects(): Promise<ProjectAccess> {
    const { projects } = await this.needed()
    const baseUrl = this.#given.baseUrl()
    return { projects, newKey: (label) => projects.newKey(label), baseUrl }
  }

  async reload(config: ErrorsConfig): Promise<void> {
    const { log } = this.#given.contextOf('errors')
    for (const [key, of] of fixedKeys) {
      if (JSON.stringify(of(config)) === JSON.stringify(of(this.#given.config.errors))) continue
      log.warn({ key }, 'this key changes only with a restart')
    }
    await this.started?.reload(config)
    this.#config = config
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    const errors = await this.#begun?.catch(() => undefined)
    this.started = undefined
    await errors?.stop(deadline)
    await this.#output?.stop(deadline)
    this.#output = undefined
  }

  /** Brings what was digested to a store that is a cluster. */
  async #startOutput(): Promise<void> {
    const { config, journal, contextOf } = this.#given
    if (config.store.engine === 'embedded') return
    const { errorsOutput } = await import('./errors_output.ts')
    this.#output = await errorsOutput(config.store, journal(), contextOf(errorsOutputId))
    await this.#output?.start()
  }

  async #begin(): Promise<Errors> {
    const { Errors } = await import('../errors/errors.ts')
    const { config, journal, store, ...world } = this.#given
    const errors = new Errors(this.#config, {
      ...world,
      journal: journal(),
      documents: () => store()?.documents,
      files: systemFiles,
      logLevel: config.log.level,
      randomBytes: (count) => randomBytes(count),
    })
    await errors.start()
    await this.#startOutput()
    this.started = errors
    return errors
  }
}
