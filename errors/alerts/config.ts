import { z } from 'zod'
import type { Registry } from '../../core/plugin.ts'
import { duration } from '../../core/units.ts'
import { levels } from '../event/sentry_event.ts'
import { channels } from './channels/all.ts'
import { occasions } from './occasions.ts'

const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 22:00')

const quietHours = z.strictObject({
  from: clockTime.describe('When they begin'),
  to: clockTime.describe('When they end; before `from` it is the next day'),
  timezone: z
    .string()
    .refine(isTimezone, 'expected a time zone such as Europe/Berlin')
    .default('UTC')
    .describe('Whose clock'),
})
export type QuietHours = z.output<typeof quietHours>

const names = (what: string) => z.array(z.string().min(1).max(200)).min(1).max(100).describe(what)

const rule = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_.-]{1,64}$/, 'expected lower-case letters, digits, _, . and -')
    .optional()
    .describe('What it is known by; without it its place: rule-1'),
  when: z
    .union([z.enum(occasions), z.array(z.enum(occasions)).min(1)])
    .transform((given) => (typeof given === 'string' ? [given] : given))
    .describe('What it is about'),
  projects: names('Slugs. Without it all projects').optional(),
  environments: names('Without it all, and events that have none').optional(),
  level: z.enum(levels).optional().describe('Events of this level and above'),
  tags: z
    .record(z.string().min(1).max(200), z.string().max(200))
    .optional()
    .describe('Tags that an event has; `*` is any value'),
  events: z.int().min(1).max(1e9).optional().describe('event_count: so many of one issue …'),
  users: z.int().min(1).max(10_000).optional().describe('user_count: so many users of one issue …'),
  within: duration()
    .default(3_600_000)
    .refine((ms) => ms >= 60_000 && ms <= 7 * 86_400_000, 'expected 1m to 7d')
    .describe('… in this time. crash_free_rate: the time looked back on, in whole hours'),
  below: z.number().min(0).max(100).optional().describe('crash_free_rate: percent of sessions'),
  sessions_min: z
    .int()
    .min(1)
    .default(100)
    .describe('crash_free_rate: with fewer sessions nothing is said'),
  to: z.array(z.string().min(1)).min(1).max(20).describe('Channels, by their ids'),
  cooldown: duration()
    .default(1_800_000)
    .describe('After one about an issue, how long this rule says no more about it'),
  digest: duration()
    .default(0)
    .describe('Collects what comes in this time into one message; 0: each has its own'),
  quiet_hours: quietHours
    .optional()
    .describe('What comes then is told in one message when they end'),
  max_per_hour: z
    .int()
    .min(1)
    .max(1000)
    .default(30)
    .describe(
      'Most messages in any hour; beyond it they are counted, and the next one says how many',
    ),
})
export type Rule = z.output<typeof rule> & { readonly name: string }

/** Who is told of what, and how. */
export const alertFields = {
  alerts: z
    .array(rule)
    .max(200)
    .default([])
    .transform((rules): Rule[] =>
      rules.map((each, place) => ({ ...each, name: each.name ?? `rule-${place + 1}` })),
    )
    .describe('When people are told, and of what'),
  channels: z
    .array(channels.schema)
    .max(100)
    .default([])
    .describe('Ways to tell people; a rule names them by id'),
  alerting: z
    .strictObject({
      retry_max_wait: duration().default(600_000).describe('Longest wait between two attempts'),
      give_up_after: duration()
        .default(86_400_000)
        .describe('A message that could not be delivered for so long is given up, and counted'),
      timeout: duration().default(15_000).describe('Most time for one attempt'),
      waiting_max: z
        .int()
        .min(1)
        .default(10_000)
        .describe('Most messages that wait to be delivered; beyond it new ones are counted only'),
      kept: duration()
        .default(30 * 86_400_000)
        .describe('How long it is remembered what was delivered'),
    })
    .prefault({})
    .describe('How alerts are delivered'),
}

/** The kinds of components, for docs. */
export const components: Readonly<Record<string, Registry<never, unknown>>> = {
  channels: channels as unknown as Registry<never, unknown>,
}

interface Alerting {
  readonly alerts: readonly Rule[]
  readonly channels: readonly { readonly type: string; readonly id?: unknown }[]
}

export const channelId = ({ type, id }: { readonly type: string; readonly id?: unknown }): string =>
  String(id ?? type)

/** What the fields allow each alone, but not together. */
export function checkAlerts({ alerts, channels: told }: Alerting, context: z.RefinementCtx): void {
  const issue = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message })
  const ids = told.map(channelId)
  for (const [place, id] of ids.entries()) {
    if (ids.indexOf(id) === place) continue
    issue(['channels', place], `a second channel "${id}": give each an id of its own`)
  }
  const known = new Set<string>()
  for (const [place, each] of alerts.entries()) {
    if (known.has(each.name)) {
      issue(['alerts', place, 'name'], `a second rule "${each.name}": give each another name`)
    }
    known.add(each.name)
    for (const [at, id] of each.to.entries()) {
      if (ids.includes(id)) continue
      const there = ids.length === 0 ? 'errors.channels has none' : `there are ${ids.join(', ')}`
      issue(['alerts', place, 'to', at], `no channel "${id}": ${there}`)
    }
    for (const [occasion, key] of [
      ['event_count', 'events'],
      ['user_count', 'users'],
      ['crash_free_rate', 'below'],
    ] as const) {
      if (!each.when.includes(occasion) || each[key] !== undefined) continue
      issue(['alerts', place], `${occasion} needs \`${key}\``)
    }
  }
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
