import { userOf } from '../digest/facts.ts'
import { tagsOf } from '../digest/tags.ts'
import type { JsonValue } from '../../store/search.ts'
import { shortIdOf } from '../issues/state.ts'
import { iso, type Asked } from './asked.ts'
import { calledOf, type KeptEvent } from './event_json.ts'

/** Fields of one event by the names of Sentry's Discover; every other name is a tag's. */
const fields: Readonly<Record<string, (kept: KeptEvent, asked: Asked) => JsonValue | undefined>> = {
  id: ({ eventId }) => eventId,
  title: ({ event, project }, asked) => calledOf(event, project, asked).title,
  message: ({ event, project }, asked) =>
    event.logentry?.formatted ?? calledOf(event, project, asked).value,
  timestamp: ({ timestampMs }) => iso(timestampMs),
  'last_seen()': ({ timestampMs }) => iso(timestampMs),
  project: ({ project }, asked) => asked.project(project).slug,
  'project.name': ({ project }, asked) => asked.project(project).slug,
  'project.id': ({ project }) => project,
  project_id: ({ project }) => project,
  'issue.id': ({ issue }) => issue,
  issue: ({ issue, project }, asked) => {
    const row = asked.row('select number from issues where id = ?', issue)
    return row && shortIdOf(asked.project(project).slug, Number(row['number']))
  },
  'event.type': ({ event }) => event.type,
  level: ({ event }) => event.level,
  platform: ({ event }) => event.platform,
  'platform.name': ({ event }) => event.platform,
  release: ({ event }) => event.release,
  environment: ({ event }) => event.environment,
  dist: ({ event }) => event.dist,
  transaction: ({ event }) => event.transaction,
  culprit: ({ event, project }, asked) => calledOf(event, project, asked).culprit,
  'error.type': ({ event }) => (event.exception?.values ?? []).map(({ type }) => type ?? ''),
  'error.value': ({ event }) => (event.exception?.values ?? []).map(({ value }) => value ?? ''),
  'http.method': ({ event }) => event.request?.method,
  'http.url': ({ event }) => event.request?.url,
  user: ({ event }) => userOf(event.user),
  'user.id': ({ event }) => event.user?.id,
  'user.email': ({ event }) => event.user?.email,
  'user.username': ({ event }) => event.user?.username,
  'user.ip': ({ event }) => event.user?.ip_address,
  'sdk.name': ({ event }) => event.sdk?.name,
  'sdk.version': ({ event }) => event.sdk?.version,
  trace: ({ event }) => event.contexts?.['trace']?.['trace_id'],
  'count()': () => 1,
}

export function fieldOf(name: string, kept: KeptEvent, asked: Asked): JsonValue {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (known) return known(kept, asked) ?? null
  const key = /^tags\[(.+)\]$/.exec(name)?.[1] ?? name
  const tags = tagsOf(kept.event, userOf(kept.event.user))
  return tags.find(([tag]) => tag === key)?.[1] ?? null
}
