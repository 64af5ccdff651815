import type { JsonRecord } from '../../store/search.ts'
import { levels } from '../event/sentry_event.ts'
import type { Rule } from './config.ts'
import { type Occasion, occasions } from './occasions.ts'

/** A row of `triggers`: something that happened. */
export interface Trigger {
  readonly kind: Occasion
  readonly project: number
  readonly issue?: number
  readonly eventId?: string
  readonly atMs: number
  /** level, environment, release, tags, title, culprit, …; of what was counted for one rule its name: `rule`. */
  readonly data: JsonRecord
}

/** What rules choose by. */
export interface Facets {
  readonly project: number
  readonly level?: unknown
  readonly environment?: unknown
  readonly tags?: unknown
}

export const isOccasion = (kind: string): kind is Occasion =>
  (occasions as readonly string[]).includes(kind)

/** @param slugs of projects by their ids. */
export function wants(rule: Rule, trigger: Trigger, slugs: ReadonlyMap<number, string>): boolean {
  if (!rule.when.includes(trigger.kind)) return false
  const { rule: counted } = trigger.data
  if (typeof counted === 'string') return counted === rule.name
  return chooses(rule, { project: trigger.project, ...trigger.data }, slugs)
}

/** Whether an event, or what happened to one, is of the project, environment, level and tags of a rule. */
export function chooses(
  { projects, environments, level, tags }: Rule,
  facets: Facets,
  slugs: ReadonlyMap<number, string>,
): boolean {
  if (projects && !projects.includes(slugs.get(facets.project) ?? '')) return false
  if (environments && !environments.includes(String(facets.environment ?? ''))) return false
  if (level !== undefined) {
    const rank = levels.indexOf(facets.level as (typeof levels)[number])
    if (rank < levels.indexOf(level)) return false
  }
  const given = (facets.tags ?? {}) as Readonly<Record<string, unknown>>
  return Object.entries(tags ?? {}).every(
    ([key, value]) => Object.hasOwn(given, key) && (value === '*' || String(given[key]) === value),
  )
}

/** What a cooldown is about. */
export function subjectOf({ kind, project, issue, data }: Trigger): string {
  if (issue !== undefined) return `issue:${issue}`
  const of = data['monitor'] ?? data['version'] ?? ''
  return `${kind}:${project}:${typeof of === 'object' ? JSON.stringify(of) : String(of)}:${String(data['environment'] ?? '')}`
}
