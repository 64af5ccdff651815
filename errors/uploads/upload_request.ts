import type { FastifyRequest } from 'fastify'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { ErrorsConfig } from '../config.ts'
import type { ErrorsWorld } from '../part.ts'
import { organisation, type Project } from '../projects/project.ts'
import type { Assembly } from './assembly.ts'
import type { ChunkFolder } from './chunk_folder.ts'
import { invalid, type UploadRefusal } from './upload_refusal.ts'

/** What the routes of uploads share. */
export interface UploadRoutes {
  readonly world: ErrorsWorld
  readonly config: () => ErrorsConfig
  readonly chunks: ChunkFolder
  readonly assembly: Assembly
}

/** sentry-cli says of any 404 that there is no such thing, and nothing of what was answered: hence 400. */
export function checkOrganisation(name: string): void {
  if (name === organisation || name === '1') return
  throw invalid(
    `there is no organization "${name.slice(0, 60)}": Weir has one, "${organisation}" (SENTRY_ORG=${organisation}, or org: "${organisation}")`,
  )
}

/** Projects by slug or id. @throws UploadRefusal */
export async function projectsNamed(world: ErrorsWorld, names: unknown): Promise<Project[]> {
  if (!Array.isArray(names)) return []
  const found: Project[] = []
  for (const name of names as unknown[]) {
    const isName = typeof name === 'string' || typeof name === 'number'
    const project = isName ? await world.projects.find(name) : undefined
    if (project) found.push(project)
    else throw await unknownProject(world, String(name))
  }
  return found
}

async function unknownProject(world: ErrorsWorld, name: string): Promise<UploadRefusal> {
  const all = await world.projects.all()
  const known = all.slice(0, 10).map(({ slug }) => slug)
  const those = known.length > 0 ? `there are ${known.join(', ')}` : 'there is none yet'
  const make = 'weir project add NAME makes one'
  return invalid(`there is no project "${name.slice(0, 60)}": ${those}; ${make}`)
}

/** The body as an object. @throws UploadRefusal */
export function jsonOf(request: FastifyRequest): JsonRecord {
  const { body } = request
  const text = body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : ''
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    throw invalid('the body has to be JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as JsonRecord
  throw invalid('the body has to be a JSON object')
}

/** How the client reached Weir: what it is told to call next has to begin with that. */
export function originOf(request: FastifyRequest, world: ErrorsWorld): string {
  const { host } = request.headers
  const base = world.baseUrl()
  const isLocal = /^https?:\/\/(?:127\.|localhost|\[::1\]|\[?::\]?|0\.0\.0\.0)/.test(base)
  return isLocal && host !== undefined ? `${request.protocol}://${host}` : base
}
