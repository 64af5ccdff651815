import type { Blobs } from '../blobs.ts'
import type { GroupingRules } from '../grouping/rules.ts'
import type { Digest } from '../part.ts'
import type { Project, Projects } from '../projects/project.ts'
import { notFound, type WebAnswer, type WebRequest } from './web_request.ts'

/** What answers on main use: projects and people are known there. */
export interface MainWorld {
  readonly projects: Projects
  readonly digest: Digest
  readonly blobs: Blobs
  /** What makes a project's events the same issue. */
  readonly groupingOf: (project: Project) => GroupingRules
  /** A key of 32 hex characters. */
  readonly newKey: () => string
}

/** An answer, or a file that is sent as it is. */
export type MainAnswer =
  | WebAnswer
  | { readonly path: string; readonly name: string; readonly type: string }

/** Answers one endpoint on main. @throws WebRefusal */
export type AnsweringOnMain = (
  request: WebRequest,
  world: MainWorld,
) => MainAnswer | Promise<MainAnswer>

/** The project that the path names. @throws WebRefusal 404 */
export async function ownProject({ path }: WebRequest, { projects }: MainWorld): Promise<Project> {
  const name = path['project'] ?? ''
  const project = await projects.find(name)
  if (project) return project
  throw notFound(
    `there is no project "${name.slice(0, 60)}": see /api/0/organizations/weir/projects/`,
  )
}
