import { createHash } from 'node:crypto'
import { WeirError } from '../../core/errors.ts'
import {
  Conflict,
  type DocumentKind,
  type Documents,
  type DocumentVersion,
} from '../../store/documents.ts'
import type { JsonRecord } from '../../store/search.ts'
import { type ConfiguredProject, isSlug, projectSettings, slugRule } from './config.ts'
import { GivenIds } from './given_ids.ts'
import type { NewProject, Project, ProjectChange, ProjectKey, Projects } from './project.ts'

/** Projects that commands and the API made, and the keys made for those of the config that name none. */
const kind: DocumentKind = { name: 'error_projects', fields: { slug: 'keyword' } }
/** By slug, who makes a project of that name: whoever wrote it last. */
const claimKind: DocumentKind = { name: 'error_project_slugs', fields: {} }

/** Most that the store keeps; all of them are in memory, twice. */
const projectsMax = 10_000
/** Another Weir on the same store may have made one. */
const rereadMs = 30_000

export interface RegistryWorld {
  readonly documents: () => Documents | undefined
  readonly nowMs: () => number
  readonly randomBytes: (count: number) => Uint8Array
  /** Projects were read, but the highest of their ids could not be kept. */
  readonly onUnremembered: (failure: unknown) => void
}

interface Kept {
  readonly project: Project
  readonly version: DocumentVersion
}

/** What a document's body is, beside the id, which is the document's. */
type Body = Omit<Project, 'id' | 'source'>

/** The projects on the main thread: read when they are first asked for. */
export class ProjectRegistry implements Projects {
  readonly #world: RegistryWorld
  readonly #givenIds: GivenIds
  readonly #listeners = new Set<(projects: readonly Project[]) => void>()
  #configured: Readonly<Record<string, ConfiguredProject>>
  #kept = new Map<number, Kept>()
  #readAtMs = -Infinity
  #reading: Promise<void> | undefined
  #adding: Promise<unknown> = Promise.resolve()
  #turn: Promise<unknown> = Promise.resolve()
  #all: readonly Project[] | undefined

  constructor(configured: Readonly<Record<string, ConfiguredProject>>, world: RegistryWorld) {
    this.#configured = configured
    this.#world = world
    this.#givenIds = new GivenIds(() => this.#documents())
  }

  async all(): Promise<readonly Project[]> {
    if (!this.#all || this.#world.nowMs() - this.#readAtMs >= rereadMs) await this.reread()
    return this.#all!
  }

  async find(name: string | number): Promise<Project | undefined> {
    const isId = /^\d+$/.test(String(name))
    const fits = ({ id, slug }: Project) => (isId ? id === Number(name) : slug === name)
    return (await this.all()).find(fits)
  }

  /** One after another, so that no two get one slug. */
  async add(wanted: NewProject): Promise<Project> {
    const added = this.#adding.then(() => this.#add(wanted))
    this.#adding = added.catch(() => undefined)
    return await added
  }

  async #add(wanted: NewProject): Promise<Project> {
    const { slug, name = slug, platform } = wanted
    if (!isSlug(slug)) throw invalid(`"${slug}" is no name of a project: it has ${slugRule}`)
    await this.reread()
    this.#refuseTaken(slug)
    if (this.#all!.length >= projectsMax) throw invalid(`there are ${projectsMax} projects already`)
    const project: Project = {
      id: await this.#givenIds.next(),
      slug,
      name,
      ...(platform !== undefined && { platform }),
      keys: [this.newKey('Default')],
      settings: projectSettings.parse({}),
      source: 'store',
      createdMs: this.#world.nowMs(),
    }
    return (await this.#putAlone(project)) ? project : await this.#add(wanted)
  }

  /**
   * Another Weir on the same store may make one of this slug at the same time. The later claim stands: who made the
   * earlier one either sees that when its project is there, and takes it back, or is seen by the reading after the later.
   *
   * @returns false when it was taken back: the other one may have been refused by it, so that none is there.
   */
  async #putAlone(project: Project): Promise<boolean> {
    const { id, slug } = project
    const claim = await this.#documents().put(claimKind, slug, { id })
    // What is being read already may be of before the claim.
    await this.#reading
    await this.reread()
    this.#refuseTaken(slug)
    await this.#inTurn(() => this.#put(project, null))
    const standing = await this.#documents().get(claimKind, slug)
    if (standing?.version === claim) return true
    await this.remove(id)
    return false
  }

  #refuseTaken(slug: string): void {
    if (this.#all!.some((other) => other.slug === slug))
      throw invalid(`there is a project ${slug} already`)
  }

  async change(id: number, change: (project: Project) => ProjectChange): Promise<Project> {
    for (;;) {
      await this.reread()
      const { project, version } = this.#changeable(id)
      const changed = { ...project, ...change(project) }
      try {
        await this.#inTurn(() => this.#put(changed, version))
        return changed
      } catch (failure) {
        if (!(failure instanceof Conflict)) throw failure
      }
    }
  }

  async remove(id: number): Promise<void> {
    await this.reread()
    const { version } = this.#changeable(id)
    await this.#inTurn(async () => {
      await this.#documents().delete(kind, String(id), version)
      this.#kept.delete(id)
      this.#publish()
    })
  }

  listen(listener: (projects: readonly Project[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Applies a new config. */
  async reload(configured: Readonly<Record<string, ConfiguredProject>>): Promise<void> {
    this.#configured = configured
    if (this.#all) await this.reread()
  }

  newKey(label: string): ProjectKey {
    const text = Buffer.from(this.#world.randomBytes(16)).toString('hex')
    return { public: text, secret: secretOf(text), label, disabled: false }
  }

  /** Looks at what is kept now, made by whomever. */
  async reread(): Promise<void> {
    this.#reading ??= this.#inTurn(() => this.#read()).finally(() => (this.#reading = undefined))
    await this.#reading
  }

  /**
   * Readings and changes go one after another: what was read before a change does not replace it, nor an older change
   * what was read after it.
   */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    await done
  }

  async #read(): Promise<void> {
    const documents = this.#world.documents()
    const kept = new Map<number, Kept>()
    if (documents) {
      const { documents: found } = await documents.find(kind, { limit: projectsMax })
      for (const { id, body, version } of found) {
        const project = { ...(body as unknown as Body), id: Number(id), source: 'store' as const }
        kept.set(project.id, { project, version })
      }
    }
    this.#kept = kept
    if (documents) {
      const configured = Object.values(this.#configured).map(({ id }) => id)
      const highest = Math.max(0, ...kept.keys(), ...configured)
      // A full store can still be read, and reports are taken: only `add` needs it kept.
      await this.#givenIds.remember(highest).catch(this.#world.onUnremembered)
    }
    for (const [slug, { id, keys }] of Object.entries(this.#configured)) {
      if (keys || this.#kept.get(id) || !documents) continue
      await this.#makeKey(slug, id)
    }
    this.#readAtMs = this.#world.nowMs()
    this.#publish()
  }

  /** A project of the config that names no key gets one, which stays. */
  async #makeKey(slug: string, id: number): Promise<void> {
    const project = {
      ...this.#fromConfig(slug, this.#configured[slug]!),
      keys: [this.newKey('Default')],
    }
    try {
      await this.#put(project, null)
    } catch (failure) {
      if (!(failure instanceof Conflict)) throw failure
      const found = await this.#documents().get(kind, String(id))
      if (!found) throw failure
      const kept = { ...(found.body as unknown as Body), id, source: 'store' as const }
      this.#kept.set(id, { project: kept, version: found.version })
    }
  }

  async #put({ id, source: _, ...body }: Project, expected: DocumentVersion | null): Promise<void> {
    const documents = this.#documents()
    const plain = JSON.parse(JSON.stringify(body)) as JsonRecord
    const version = await documents.put(kind, String(id), plain, expected)
    this.#kept.set(id, { project: { ...body, id, source: 'store' }, version })
    this.#publish()
  }

  #documents(): Documents {
    const documents = this.#world.documents()
    if (documents) return documents
    const text =
      'there is no store to keep projects and keys in: name them, with keys, in errors.projects'
    throw new WeirError('WEIR_NOT_RUNNING', text)
  }

  #changeable(id: number): Kept {
    const slug = Object.entries(this.#configured).find(([, each]) => each.id === id)?.[0]
    if (slug !== undefined)
      throw invalid(`the project ${slug} is changed in the config, at errors.projects.${slug}`)
    const kept = this.#kept.get(id)
    if (!kept) throw invalid(`there is no project ${id}`)
    return kept
  }

  #fromConfig(slug: string, configured: ConfiguredProject): Project {
    const { id, name = slug, platform, keys, ...settings } = configured
    return {
      id,
      slug,
      name,
      ...(platform !== undefined && { platform }),
      keys: keys
        ? keys.map((key) => ({ ...withoutAbsent(key), secret: secretOf(key.public) }))
        : (this.#kept.get(id)?.project.keys ?? []),
      settings,
      source: 'config',
      createdMs: 0,
    }
  }

  #publish(): void {
    const configured = Object.entries(this.#configured).map(([slug, each]) =>
      this.#fromConfig(slug, each),
    )
    const taken = new Set(configured.flatMap(({ id, slug }) => [id, slug] as (string | number)[]))
    // A project of the config stands before one of the store with its id or its slug.
    const others = Array.from(this.#kept.values(), ({ project }) => project).filter(
      ({ id, slug }) => !taken.has(id) && !taken.has(slug),
    )
    const all = [...configured, ...others].toSorted((a, b) => a.id - b.id)
    const isSame = this.#all !== undefined && JSON.stringify(all) === JSON.stringify(this.#all)
    this.#all = all
    if (!isSame) for (const listener of this.#listeners) listener(all)
  }
}

/** Of a public key, always the same: nobody checks it, so that nothing has to be kept. */
export const secretOf = (publicKey: string): string =>
  createHash('sha256').update(`a DSN's secret half ${publicKey}`).digest('hex').slice(0, 32)

type ConfiguredKey = NonNullable<ConfiguredProject['keys']>[number]

function withoutAbsent({ origins, ...key }: ConfiguredKey & { origins?: string[] | undefined }) {
  return { ...key, ...(origins && { origins }) }
}

const invalid = (text: string) => new WeirError('WEIR_REQUEST_INVALID', text)
