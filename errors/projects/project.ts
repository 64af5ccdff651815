import type { ProjectSettings } from './config.ts'

/** One public key of a project: what an SDK's DSN has before the `@`. */
export interface ProjectKey {
  /** 32 lower-case hex characters. */
  readonly public: string
  /** The deprecated second half of a DSN, which old SDKs insist on; nothing is checked against it. */
  readonly secret: string
  readonly label: string
  readonly disabled: boolean
  /** Pages that may report with it, as `allowsOrigin` takes them; absent: all. */
  readonly origins?: readonly string[]
}

/** What reports are sent to. Plain data: both threads of the errors part have the list of all projects. */
export interface Project {
  /** What a DSN ends with: 1 to 2^53-1. */
  readonly id: number
  /** Names it in URLs and on the command line: lower-case letters, digits, `-` and `_`. */
  readonly slug: string
  readonly name: string
  /** Such as `node` or `python`, as Sentry calls them. */
  readonly platform?: string
  readonly keys: readonly ProjectKey[]
  readonly settings: ProjectSettings
  /** A project of the config is changed there and nowhere else. */
  readonly source: 'config' | 'store'
  /** Milliseconds since the epoch; of a project of the config 0. */
  readonly createdMs: number
}

/** What every API of Sentry's has before a project's slug; Weir has one organisation. */
export const organisation = 'weir'

/** What a project that is to be made is given; the rest has defaults. */
export interface NewProject {
  readonly slug: string
  readonly name?: string
  readonly platform?: string
}

/** What may be changed of a project that the config does not hold. */
export type ProjectChange = Partial<Pick<Project, 'name' | 'platform' | 'keys' | 'settings'>>

/** All projects: the config's, and those made by commands and the API, which the store keeps. */
export interface Projects {
  /** By id, ascending. @throws what the store throws. */
  all(): Promise<readonly Project[]>
  /** By slug or numeric id. */
  find(name: string | number): Promise<Project | undefined>
  /** With one key. @throws WeirError WEIR_REQUEST_INVALID when the slug is taken or none. */
  add(project: NewProject): Promise<Project>
  /** @throws WeirError WEIR_REQUEST_INVALID when there is none, or the config holds it. */
  change(id: number, change: (project: Project) => ProjectChange): Promise<Project>
  /** Its reports stay until retention takes them. @throws as `change` does. */
  remove(id: number): Promise<void>
  /** Called with all projects after every change. @returns the function that ends it. */
  listen(listener: (projects: readonly Project[]) => void): () => void
}
