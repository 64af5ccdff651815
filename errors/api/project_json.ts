import type { JsonRecord } from '../../store/search.ts'
import { dsnOf } from '../projects/dsn.ts'
import type { Project, ProjectKey } from '../projects/project.ts'
import { organisationJson, scopes, team } from './organisation_json.ts'
import type { WebProject } from './web_request.ts'

export const projectBrief = ({ id, slug, name, platform }: WebProject): JsonRecord => ({
  id: String(id),
  name,
  slug,
  platform: platform ?? null,
})

export function projectJson(project: Project): JsonRecord {
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
export function keyJson(project: Project, key: ProjectKey, baseUrl: string): JsonRecord {
  const api = `${baseUrl}/api/${project.id}`
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
      public: dsnOf(baseUrl, project, key),
      secret: dsnOf(baseUrl, project, key, true),
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
