import type { Project, ProjectKey } from '../projects/project.ts'

export interface KnownKey {
  readonly project: Project
  readonly key: ProjectKey
}

/** The projects as requests look for them: by key, by id. */
export class ProjectTable {
  readonly #byKey = new Map<string, KnownKey>()
  readonly #byId = new Map<number, Project>()

  constructor(projects: readonly Project[]) {
    this.update(projects)
  }

  update(projects: readonly Project[]): void {
    this.#byKey.clear()
    this.#byId.clear()
    for (const project of projects) {
      this.#byId.set(project.id, project)
      for (const key of project.keys) this.#byKey.set(key.public, { project, key })
    }
  }

  byKey(key: string): KnownKey | undefined {
    return this.#byKey.get(key)
  }

  byId(id: number): Project | undefined {
    return this.#byId.get(id)
  }
}
