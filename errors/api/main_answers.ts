import { createReadStream } from 'node:fs'
import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { Digest } from '../part.ts'
import type { Blobs } from '../blobs.ts'
import { organisation, type Project, type ProjectKey, type Projects } from '../projects/project.ts'
import { projectBrief } from './project_json.ts'
import {
  answer,
  invalid,
  notFound,
  WebRefusal,
  type WebAnswer,
  type WebRequest,
} from './web_request.ts'

/** What answers on main use: projects and people are known there. */
export interface MainWorld {
  readonly projects: Projects
  readonly digest: Digest
  readonly blobs: Blobs
  /** A key of 32 hex characters. */
  readonly newKey: () => string
}

/** A stream is sent as it is, under the type that it has. */
export type MainAnswer =
  | WebAnswer
  | { readonly path: string; readonly name: string; readonly type: string }

type Answering = (request: WebRequest, world: MainWorld) => MainAnswer | Promise<MainAnswer>

const scopes = [
  'event:read',
  'event:write',
  'event:admin',
  'org:read',
  'org:ci',
  'project:read',
  'project:write',
  'project:releases',
  'team:read',
]
const team = { id: '1', slug: 'weir', name: 'Weir' }

const organisationJson: JsonRecord = {
  id: '1',
  slug: organisation,
  name: 'Weir',
  status: { id: 'active', name: 'active' },
  dateCreated: '2026-01-01T00:00:00.000Z',
  isEarlyAdopter: false,
  require2FA: false,
  requireEmailVerification: false,
  avatar: { avatarType: 'letter_avatar', avatarUuid: null },
  features: [],
  links: {},
  hasAuthProvider: false,
}

const userJson = (name: string): JsonRecord => ({
  id: name,
  name,
  username: name,
  email: name.includes('@') ? name : `${name}@localhost`,
  isActive: true,
  avatarUrl: null,
})

/** @throws WebRefusal 404: there is one organisation. */
export function checkOrganisation(name: string | undefined): void {
  if (name === undefined || name === organisation || name === '1') return
  throw notFound(`there is no organization "${name.slice(0, 60)}": Weir has one, "${organisation}"`)
}

/** Who answers each endpoint of endpoints.ts that is main's. */
export const mainAnswers: Readonly<Record<string, Answering>> = {
  'main.root': ({ actor }) => answer({ version: '0', auth: { scopes }, user: userJson(actor) }),
  'main.me': ({ actor }) => answer(userJson(actor)),
  'main.organisations': () => answer([organisationJson]),
  'main.organisation': async (_request, { projects }) => {
    const all = await projects.all()
    return answer({
      ...organisationJson,
      teams: [teamJson(all)],
      projects: all.map(projectJson),
      access: scopes,
    })
  },
  'main.users': ({ actor }) =>
    answer([{ ...userJson(actor), user: userJson(actor), role: 'owner' }]),
  'main.teams': async (_request, { projects }) => answer([teamJson(await projects.all())]),
  'main.team': async ({ path }, { projects }) => {
    checkTeam(path['team'])
    return answer(teamJson(await projects.all()))
  },
  'main.projects': async ({ path, url }, { projects }) => {
    if (path['team'] !== undefined) checkTeam(path['team'])
    const wanted = new URLSearchParams(url.split('?', 2)[1] ?? '').get('query')
    const all = await projects.all()
    const fits = ({ slug, name }: Project) =>
      wanted === null ||
      slug.includes(wanted.toLowerCase()) ||
      name.toLowerCase().includes(wanted.toLowerCase())
    return answer(all.filter(fits).map(projectJson))
  },
  'main.project': async (request, world) => answer(projectJson(await ownProject(request, world))),
  'main.addProject': async ({ body }, { projects }) => {
    const { name, slug, platform } = textsOf(body, ['name', 'slug', 'platform'])
    if (name === undefined && slug === undefined) throw invalid('name: a project needs one')
    const own =
      slug ??
      name!
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]+/g, '-')
        .replaceAll(/^-+|-+$/g, '')
    if (await projects.find(own)) throw new WebRefusal(409, `there is a project "${own}" already`)
    const made = await projects.add({
      slug: own,
      ...(name !== undefined && { name }),
      ...(platform !== undefined && { platform }),
    })
    return answer(projectJson(made), 201)
  },
  'main.changeProject': async (request, world) => {
    const { id } = await ownProject(request, world)
    const { name, platform } = textsOf(request.body, ['name', 'platform'])
    const changed = await world.projects.change(id, () => ({
      ...(name !== undefined && { name }),
      ...(platform !== undefined && { platform }),
    }))
    return answer(projectJson(changed))
  },
  'main.removeProject': async (request, world) => {
    await world.projects.remove((await ownProject(request, world)).id)
    return answer(null, 204)
  },
  'main.keys': async (request, world) => {
    const project = await ownProject(request, world)
    return answer(project.keys.map((key) => keyJson(project, key, request.baseUrl)))
  },
  'main.key': async (request, world) => {
    const project = await ownProject(request, world)
    return answer(keyJson(project, ownKey(request, project), request.baseUrl))
  },
  'main.addKey': async (request, world) => {
    const { id } = await ownProject(request, world)
    const { name } = textsOf(request.body ?? {}, ['name'])
    const key = {
      public: world.newKey(),
      secret: world.newKey(),
      label: name ?? 'Default',
      disabled: false,
    }
    const changed = await world.projects.change(id, ({ keys }) => ({ keys: [...keys, key] }))
    return answer(keyJson(changed, key, request.baseUrl), 201)
  },
  'main.changeKey': async (request, world) => {
    const project = await ownProject(request, world)
    const { public: own } = ownKey(request, project)
    const { name } = textsOf(request.body, ['name'])
    const isActive = (request.body as JsonRecord | null)?.['isActive']
    const change = (key: ProjectKey): ProjectKey => ({
      ...key,
      ...(name !== undefined && { label: name }),
      ...(typeof isActive === 'boolean' && { disabled: !isActive }),
    })
    const changed = await world.projects.change(project.id, ({ keys }) => ({
      keys: keys.map((key) => (key.public === own ? change(key) : key)),
    }))
    return answer(keyJson(changed, ownKey(request, changed), request.baseUrl))
  },
  'main.removeKey': async (request, world) => {
    const project = await ownProject(request, world)
    const { public: own } = ownKey(request, project)
    await world.projects.change(project.id, ({ keys }) => ({
      keys: keys.filter((key) => key.public !== own),
    }))
    return answer(null, 204)
  },
  'main.attachment': async (request, { digest, blobs }) => {
    const found = (await digest.call(
      'web.eventAttachment',
      request as unknown as JsonValue,
    )) as unknown as WebAnswer
    if (found.status !== 200) return found
    const { blob, ...shown } = found.body as JsonRecord
    const wantsBytes = new URLSearchParams(request.url.split('?', 2)[1] ?? '').has('download')
    if (!wantsBytes) return answer(shown)
    if (!(await blobs.has(String(blob)))) throw notFound('the bytes of this attachment are gone')
    return {
      path: blobs.path(String(blob)),
      name: String(shown['name']),
      type: String(shown['mimetype']),
    }
  },
}

export const streamOf = (path: string) => createReadStream(path)

function checkTeam(name: string | undefined): void {
  if (name === team.slug || name === team.id) return
  throw notFound(`there is no team "${String(name).slice(0, 60)}": Weir has one, "${team.slug}"`)
}

const teamJson = (projects: readonly Project[]): JsonRecord => ({
  ...team,
  dateCreated: organisationJson['dateCreated']!,
  isMember: true,
  isPending: false,
  hasAccess: true,
  memberCount: 1,
  avatar: { avatarType: 'letter_avatar', avatarUuid: null },
  projects: projects.map(projectJson),
})

function projectJson(project: Project): JsonRecord {
  return {
    ...projectBrief(project),
    status: 'active',
    dateCreated: new Date(project.createdMs).toISOString(),
    firstEvent: null,
    isBookmarked: false,
    isMember: true,
    hasAccess: true,
    isInternal: false,
    isPublic: false,
    access: scopes,
    features: [],
    color: '#3f51b5',
    avatar: { avatarType: 'letter_avatar', avatarUuid: null },
    team,
    teams: [team],
    organization: organisationJson,
    // Weir's own: a project of the config is changed there.
    source: project.source,
  }
}

/** DSNs with the paths of this Weir; the old ones, with a secret, are for SDKs that insist on it. */
function keyJson(project: Project, key: ProjectKey, baseUrl: string): JsonRecord {
  const { protocol, host, pathname } = new URL(baseUrl)
  const path = pathname.replace(/\/$/, '')
  const at = `${host}${path}/${project.id}`
  const api = `${protocol}//${host}${path}/api/${project.id}`
  return {
    id: key.public,
    name: key.label,
    label: key.label,
    public: key.public,
    secret: key.secret,
    projectId: project.id,
    isActive: !key.disabled,
    rateLimit: null,
    dsn: {
      public: `${protocol}//${key.public}@${at}`,
      secret: `${protocol}//${key.public}:${key.secret}@${at}`,
      csp: `${api}/csp-report/?sentry_key=${key.public}`,
      security: `${api}/security/?sentry_key=${key.public}`,
      minidump: `${api}/minidump/?sentry_key=${key.public}`,
      nel: `${api}/nel/?sentry_key=${key.public}`,
      unreal: `${api}/unreal/${key.public}/`,
      crons: `${api}/cron/___MONITOR_SLUG___/${key.public}/`,
      cdn: '',
    },
    browserSdkVersion: '',
    browserSdk: { choices: [] },
    dateCreated: new Date(project.createdMs).toISOString(),
    dynamicSdkLoaderOptions: {},
  }
}

async function ownProject({ path }: WebRequest, { projects }: MainWorld): Promise<Project> {
  const name = path['project'] ?? ''
  const project = await projects.find(name)
  if (project) return project
  throw notFound(
    `there is no project "${name.slice(0, 60)}": see /api/0/organizations/weir/projects/`,
  )
}

function ownKey({ path }: WebRequest, project: Project): ProjectKey {
  const key = project.keys.find((each) => each.public === path['key'])
  if (!key) throw notFound('the project has no such key')
  return key
}

/** Texts of a body by name. @throws WebRefusal 400 for what is none. */
function textsOf<Name extends string>(
  body: JsonValue,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('the body has to be a JSON object')
  }
  const texts: Partial<Record<Name, string>> = {}
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? (body as JsonRecord)[name] : undefined
    if (value === undefined || value === null) continue
    if (typeof value !== 'string' || value === '' || value.length > 200) {
      throw invalid(`${name}: expected a text of 1 to 200 characters`)
    }
    texts[name] = value
  }
  return texts
}
