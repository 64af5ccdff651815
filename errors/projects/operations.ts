import type { Arguments, Operations } from '../../core/control.ts'
import { WeirError } from '../../core/errors.ts'
import { dsnOf } from './dsn.ts'
import type { Project, ProjectKey, Projects } from './project.ts'

/** Where projects are, and how clients reach this Weir. */
export interface ProjectAccess {
  readonly projects: Projects
  readonly newKey: (label: string) => ProjectKey
  readonly baseUrl: string
}

/** A project as commands show it. */
export interface ShownProject {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly platform?: string
  readonly source: Project['source']
  readonly keys: readonly {
    readonly public: string
    readonly label: string
    readonly disabled: boolean
    readonly origins?: readonly string[]
    readonly dsn: string
    readonly dsn_with_secret: string
  }[]
}

/** What commands may ask of projects. @param open is given the arguments, which name the config of a stopped Weir. */
export function projectOperations(open: (args: Arguments) => Promise<ProjectAccess>): Operations {
  const changeKeys = async function* (
    args: Arguments,
    change: (project: Project, access: ProjectAccess) => readonly ProjectKey[],
  ) {
    const access = await open(args)
    const { id } = await named(access, args)
    const changed = await access.projects.change(id, (project) => {
      return { keys: change(project, access) }
    })
    yield shown(changed, access.baseUrl)
  }
  return {
    async *'project.ls'(args) {
      const { projects, baseUrl } = await open(args)
      for (const project of await projects.all()) yield shown(project, baseUrl)
    },
    async *'project.show'(args) {
      const access = await open(args)
      yield shown(await named(access, args), access.baseUrl)
    },
    async *'project.add'(args) {
      const { projects, baseUrl } = await open(args)
      const [slug, name, platform] = ['slug', 'name', 'platform'].map((key) => text(args, key))
      if (slug === undefined) throw invalid('"slug" is missing')
      const made = await projects.add({
        slug,
        ...(name !== undefined && { name }),
        ...(platform !== undefined && { platform }),
      })
      yield shown(made, baseUrl)
    },
    async *'project.rm'(args) {
      const access = await open(args)
      const { id, slug } = await named(access, args)
      await access.projects.remove(id)
      yield slug
    },
    'project.key.add': (args) =>
      changeKeys(args, ({ keys }, { newKey }) => {
        const origins = Array.isArray(args['origins']) ? args['origins'].map(String) : undefined
        const key = newKey(text(args, 'label') ?? 'Default')
        return [...keys, { ...key, ...(origins && { origins }) }]
      }),
    'project.key.disable': (args) => changeKeys(args, (project) => switched(project, args, true)),
    'project.key.enable': (args) => changeKeys(args, (project) => switched(project, args, false)),
    'project.key.rotate': (args) =>
      changeKeys(args, (project, { newKey }) => {
        const old = keyOf(project, args)
        const { public: made, secret } = newKey(old.label)
        const keys = args['keep'] === true ? project.keys : switched(project, args, true)
        return [...keys, { ...old, public: made, secret, disabled: false }]
      }),
  }
}

function shown({ keys, ...project }: Project, baseUrl: string): ShownProject {
  const { id, slug, name, platform, source } = project
  return {
    id,
    slug,
    name,
    ...(platform !== undefined && { platform }),
    source,
    keys: keys.map((key) => {
      const { secret: _, ...rest } = key
      return {
        ...rest,
        dsn: dsnOf(baseUrl, project, key),
        dsn_with_secret: dsnOf(baseUrl, project, key, true),
      }
    }),
  }
}

const switched = (project: Project, args: Arguments, disabled: boolean): ProjectKey[] => {
  const chosen = keyOf(project, args)
  return project.keys.map((key) => (key.public === chosen.public ? { ...key, disabled } : key))
}

/** So short a beginning, such as that of a variable which is not set, is no choice. */
const leastKeyLength = 4

/** By its beginning, as far as only one key begins so. */
function keyOf({ slug, keys }: Project, args: Arguments): ProjectKey {
  const wanted = text(args, 'key') ?? ''
  if (wanted.length < leastKeyLength) {
    throw invalid(`"${wanted}" names no key: give ${leastKeyLength} of its characters or more`)
  }
  const [found, second] = keys.filter((key) => key.public.startsWith(wanted))
  if (found && !second) return found
  throw invalid(
    second ? `more than one key of ${slug} begins with ${wanted}` : `${slug} has no key ${wanted}`,
  )
}

async function named({ projects }: ProjectAccess, args: Arguments): Promise<Project> {
  const name = text(args, 'project') ?? ''
  const found = await projects.find(name)
  if (found) return found
  const known = (await projects.all()).map(({ slug }) => slug).slice(0, 20)
  throw invalid(
    `there is no project ${name}: ${known.length === 0 ? 'there is none yet' : `there are ${known.join(', ')}`}`,
  )
}

function text(args: Arguments, name: string): string | undefined {
  const value = args[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const invalid = (message: string) => new WeirError('WEIR_REQUEST_INVALID', message)
