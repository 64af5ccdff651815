import type { EventFacts } from './facts.ts'
import { tagOf } from './tags.ts'

const messageMax = 1024

/**
 * An event as a line of the journal, in ECS's names (docs/ERROR_TRACKING.md lists them), with its `\n`: what
 * dashboards and the log search see of it.
 */
export function ecsLine(facts: EventFacts, issue: { id: number; shortId: string }): string {
  const { summary, grouping, tags } = facts
  const handled = tagOf(tags, 'handled')
  const line = {
    '@timestamp': new Date(facts.timestampMs).toISOString(),
    message: grouping.title.slice(0, messageMax),
    log: { level: facts.level, ...(summary.logger !== undefined && { logger: summary.logger }) },
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
    ...(summary.server_name !== undefined && { host: { name: summary.server_name } }),
    ...(summary.transaction !== undefined && { transaction: { name: summary.transaction } }),
    ...(summary.trace_id !== undefined && { trace: { id: summary.trace_id } }),
    ...(summary.span_id !== undefined && { span: { id: summary.span_id } }),
    ...(summary.user && { user: userOf(summary.user) }),
    ...(summary.user?.ip_address && { client: { ip: summary.user.ip_address } }),
    ...(summary.url !== undefined && { url: { full: summary.url } }),
    ...(summary.method !== undefined && { http: { request: { method: summary.method } } }),
    labels: labelsOf(tags),
  }
  return `${JSON.stringify(line).toWellFormed()}\n`
}

const userOf = ({ id, email, username }: NonNullable<EventFacts['summary']['user']>) => ({
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
