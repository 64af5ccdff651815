import type { EventFacts } from './facts.ts'
import { tagOf } from './tags.ts'

const messageMax = 1024

/**
 * An event as a line of the journal, in ECS's names (docs/ERROR_TRACKING.md lists them), with its `\n`: what
 * dashboards and the log search see of it.
 */
export function ecsLine(facts: EventFacts, issue: { id: number; shortId: string }): string {
  const { event, grouping, tags } = facts
  const handled = tagOf(tags, 'handled')
  const trace = event.contexts?.['trace']
  const line = {
    '@timestamp': new Date(facts.timestampMs).toISOString(),
    message: grouping.title.slice(0, messageMax),
    log: { level: facts.level, ...(event.logger !== undefined && { logger: event.logger }) },
    event: {
      kind: 'event',
      category: ['error'],
      id: facts.eventId,
      created: new Date(facts.receivedMs).toISOString(),
    },
    error: {
      id: facts.eventId,
      ...(grouping.type !== '' && { type: grouping.type }),
      ...(grouping.value !== '' && { message: grouping.value.slice(0, messageMax) }),
      culprit: grouping.culprit,
      grouping_key: grouping.hashes[0],
      ...(handled !== undefined && { handled: handled === 'yes' }),
    },
    issue: { id: String(issue.id), short_id: issue.shortId },
    project: { id: String(facts.project) },
    service: {
      ...(facts.release !== undefined && { version: facts.release }),
      ...(facts.environment !== undefined && { environment: facts.environment }),
    },
    ...(event.server_name !== undefined && { host: { name: event.server_name } }),
    ...(event.transaction !== undefined && { transaction: { name: event.transaction } }),
    ...(typeof trace?.['trace_id'] === 'string' && { trace: { id: trace['trace_id'] } }),
    ...(typeof trace?.['span_id'] === 'string' && { span: { id: trace['span_id'] } }),
    ...(event.user && { user: userOf(event.user) }),
    ...(event.user?.ip_address && { client: { ip: event.user.ip_address } }),
    ...(event.request?.url !== undefined && { url: { full: event.request.url } }),
    ...(event.request?.method !== undefined && {
      http: { request: { method: event.request.method } },
    }),
    labels: labelsOf(tags),
  }
  return `${JSON.stringify(line).toWellFormed()}\n`
}

const userOf = ({ id, email, username }: NonNullable<EventFacts['event']['user']>) => ({
  ...(id !== undefined && { id }),
  ...(email !== undefined && { email }),
  ...(username !== undefined && { name: username }),
})

/** Tags of ECS's fields above are there already. */
const shown = new Set(['level', 'user', 'logger', 'server_name', 'transaction', 'url'])

/** Labels have no dots in ECS: `browser.name` is `browser_name`. */
function labelsOf(tags: EventFacts['tags']): Record<string, string> {
  const labels: [string, string][] = []
  for (const [key, value] of tags) {
    if (!shown.has(key)) labels.push([key.replaceAll('.', '_'), value])
  }
  return Object.fromEntries(labels)
}

/** Stream names take lower case letters, digits, `_` and `.`; others become `_`. */
const streamPart = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.]/g, '_')
    .slice(0, 64) || 'default'

/** `errors-<project>-<environment>`. */
export const eventStream = (slug: string, environment: string | undefined): string =>
  `errors-${streamPart(slug)}-${streamPart(environment ?? 'default')}`
