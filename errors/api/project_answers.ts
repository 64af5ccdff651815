import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { Digest } from '../part.ts'
import type { Project, ProjectKey } from '../projects/project.ts'
import { ownProject, type AnsweringOnMain } from './main_world.ts'
import { checkTeam } from './organisation_answers.ts'
import { keyJson, projectJson } from './project_json.ts'
import {
  answer,
  invalid,
  notFound,
  WebRefusal,
  type WebAnswer,
  type WebRequest,
} from './web_request.ts'

/** Projects and their keys. */
export const projectAnswers: Readonly<Record<string, AnsweringOnMain>> = {
  'main.projects': async (request, { projects, digest }) => {
    const { path, url } = request
    if (path['team'] !== undefined) checkTeam(path['team'])
    const wanted = new URLSearchParams(url.split('?', 2)[1] ?? '').get('query')
    const all = await projects.all()
    const fits = ({ slug, name }: Project) =>
      wanted === null ||
      slug.includes(wanted.toLowerCase()) ||
      name.toLowerCase().includes(wanted.toLowerCase())
    const environments = await environmentsOf(request, digest)
    return answer(
      all.filter(fits).map((project) => ({
        ...projectJson(project),
        environments: environments[project.id] ?? [],
      })),
    )
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
}

/** By project id; none while the digest cannot be asked: projects are told without it. */
async function environmentsOf(
  request: WebRequest,
  digest: Digest,
): Promise<Readonly<Record<string, string[]>>> {
  try {
    const params = request as unknown as JsonValue
    const given = (await digest.call('web.projectEnvironments', params)) as unknown as WebAnswer
    return given.body as Record<string, string[]>
  } catch {
    return {}
  }
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
