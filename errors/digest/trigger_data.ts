import type { JsonRecord } from '../../store/search.ts'
import type { EventFacts } from './facts.ts'

/** The event, as far as who alerts wants to choose by it. */
export function triggerData(facts: EventFacts): JsonRecord {
  const { level, release, environment, grouping } = facts
  return {
    level,
    ...(release !== undefined && { release }),
    ...(environment !== undefined && { environment }),
    title: grouping.title,
    culprit: grouping.culprit,
    tags: Object.fromEntries(facts.tags),
  }
}
