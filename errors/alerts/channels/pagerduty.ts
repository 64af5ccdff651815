import { z } from 'zod'
import { secret } from '../../../core/config/secret.ts'
import { cut, detailsOf, type Item, lineOf } from '../message.ts'
import { allowPrivate, defineChannel, targetUrl } from './channel.ts'

/** PagerDuty's Events API v2, and what takes the same (Grafana OnCall, Opsgenie's integration, Alerta …). */
export const pagerdutyChannel = defineChannel(
  'pagerduty',
  "PagerDuty's Events API v2, or what takes the same; one issue is one incident",
  {
    routing_key: secret().describe('Integration key of the service'),
    url: targetUrl()
      .default('https://events.pagerduty.com/v2/enqueue')
      .describe('Where to post to'),
    severity: z
      .enum(['critical', 'error', 'warning', 'info'])
      .optional()
      .describe('Default: by the level of the event'),
    allow_private: allowPrivate(),
  },
  (config, world) => ({
    // By the key of the incident.
    knowsRepeats: true,
    async send(message, attempt) {
      const { post } = await import('./post.ts')
      const { url, allow_private: allowsPrivate } = config
      const [first] = message.items
      const isRecovery =
        message.count === 1 && first?.occasion === 'recovered_check_in' && !message.isTest
      const body = JSON.stringify({
        routing_key: config.routing_key.reveal(),
        event_action: isRecovery ? 'resolve' : 'trigger',
        dedup_key: message.count === 1 && first ? incidentOf(first) : `weir-${message.id}`,
        payload: {
          summary: cut(message.headline, 1024),
          source: first?.project ?? 'weir',
          severity: config.severity ?? severityOf(first?.level),
          timestamp: message.created,
          component: first?.project,
          group: first?.environment,
          class: first?.occasion,
          custom_details: {
            rule: message.rule,
            alerts: message.items.map((item) => [lineOf(item), ...detailsOf(item)].join(' · ')),
            count: message.count,
            suppressed: message.suppressed,
          },
        },
        links: message.items.flatMap(({ url: href, shortId }) =>
          href === undefined ? [] : [{ href, text: shortId ?? 'Weir' }],
        ),
      })
      return await post({ url, body, allowsPrivate }, world, attempt)
    },
  }),
)

/** What belongs to one incident has one key: an issue, a monitor in an environment. */
function incidentOf({ project, issue, environment, occasion, data }: Item): string {
  if (issue !== undefined) return `weir-issue-${issue}`
  const monitor = data?.['monitor']
  if (typeof monitor === 'string') return `weir-monitor-${project}-${monitor}-${environment ?? ''}`
  return `weir-${occasion}-${project}`
}

function severityOf(level: string | undefined): string {
  if (level === 'fatal') return 'critical'
  if (level === 'warning') return 'warning'
  return level === 'info' || level === 'debug' ? 'info' : 'error'
}
