import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Operations } from '../core/control.ts'
import { inOrder, type Lifecycle } from '../core/lifecycle.ts'
import { Blobs } from './blobs.ts'
import type { ErrorsConfig } from './config.ts'
import type { Digest, ErrorsPart, ErrorsWorld, MakePart } from './part.ts'
import { ProjectRegistry } from './projects/registry.ts'

/**
 * The parts in the order of the data's way: what takes in first, what keeps last. A new part is a file and a line
 * here; it is loaded only where error reports are.
 */
const parts: readonly (() => Promise<MakePart>)[] = [
  async () => (await import('./ingest/part.ts')).makeIngest,
  async () => (await import('./api/part.ts')).makeApi,
  async () => (await import('./uploads/part.ts')).makeUploads,
  async () => (await import('./alerts/part.ts')).makeAlerts,
]

/** The digest thread's link: both a part, the last of the data's way, and what others ask. */
async function loadDigest() {
  const { DigestPart } = await import('./digest/part.ts')
  return (config: ErrorsConfig, world: ErrorsWorld) => new DigestPart(config, world)
}

export type ErrorsSurroundings = Omit<ErrorsWorld, 'projects' | 'blobs' | 'digest' | 'folder'>

/** Error reports on the main thread: makes the parts, starts and stops them, and speaks for them. */
export class Errors implements Lifecycle {
  readonly #config: ErrorsConfig
  readonly #given: ErrorsSurroundings
  readonly projects: ProjectRegistry
  #parts: readonly ErrorsPart[] = []
  #running: Lifecycle | undefined

  constructor(config: ErrorsConfig, given: ErrorsSurroundings) {
    this.#config = config
    this.#given = given
    const { clock, log } = given.contextOf('errors')
    this.projects = new ProjectRegistry(config.projects, {
      documents: given.documents,
      nowMs: clock.now,
      randomBytes: given.randomBytes,
      onUnremembered: (err) => log.warn({ err }, 'the highest id of the projects is not kept'),
    })
  }

  async start(): Promise<void> {
    const { dataFolder, files, randomBytes } = this.#given
    const folder = join(dataFolder, 'errors')
    await files.makeFolder(folder)
    await files.syncFolder(dataFolder)
    const blobs = new Blobs(join(folder, 'blobs'), randomBytes)
    await blobs.removeUnfinished()
    const makeDigest = await loadDigest()
    const made: { digest?: Digest } = {}
    const world: ErrorsWorld = {
      ...this.#given,
      folder,
      projects: this.projects,
      blobs,
      digest: { call: async (name, params) => await made.digest!.call(name, params) },
    }
    const digest = makeDigest(this.#config, world)
    made.digest = digest
    const others = await Promise.all(parts.map(async (load) => (await load())(this.#config, world)))
    const all = [...others, digest]
    const running = inOrder(all)
    await running.start()
    this.#parts = all
    this.#running = running
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.stop(deadline)
  }

  addRoutes(app: FastifyInstance): void {
    for (const part of this.#parts) part.addRoutes?.(app)
  }

  /** Spotlight's routes, on a port of their own. */
  addSpotlight(app: FastifyInstance): void {
    for (const part of this.#parts) part.addSpotlight?.(app)
  }

  get operations(): Operations {
    return Object.assign({}, ...this.#parts.map((part) => part.operations ?? {})) as Operations
  }

  async reload(config: ErrorsConfig): Promise<void> {
    await this.projects.reload(config.projects)
    for (const part of this.#parts) await part.reload?.(config)
  }

  async status(): Promise<object> {
    const told: Record<string, object> = {}
    for (const part of this.#parts) {
      const status = await part.status?.()
      if (status) told[part.name] = status
    }
    return told
  }

  /** What prom-client's registries of the parts' threads hold. */
  async metrics(): Promise<object[][]> {
    return (
      await Promise.all(this.#parts.map(async (part) => (await part.metrics?.()) ?? []))
    ).flat()
  }
}
