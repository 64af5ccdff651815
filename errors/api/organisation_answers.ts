import type { JsonRecord } from '../../store/search.ts'
import { organisation, type Project } from '../projects/project.ts'
import type { AnsweringOnMain } from './main_world.ts'
import { projectJson } from './project_json.ts'
import { organisationJson, scopes, team } from './organisation_json.ts'
import { answer, notFound } from './web_request.ts'

/** @throws WebRefusal 404: there is one organisation. */
export function checkOrganisation(name: string | undefined): void {
  if (name === undefined || name === organisation || name === '1') return
  throw notFound(`there is no organization "${name.slice(0, 60)}": Weir has one, "${organisation}"`)
}

/** The one organisation, its one team, and who asks. */
export const organisationAnswers: Readonly<Record<string, AnsweringOnMain>> = {
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
}

const userJson = (name: string): JsonRecord => ({
  id: name,
  name,
  username: name,
  email: name.includes('@') ? name : `${name}@localhost`,
  isActive: true,
  avatarUrl: null,
})

export function checkTeam(name: string | undefined): void {
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
