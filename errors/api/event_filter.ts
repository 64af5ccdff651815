import { eventFits } from '../search/event_fits.ts'
import { defaultSearchLimits, parseSearch } from '../search/parse_search.ts'
import type { Asked } from './asked.ts'
import { calledOf, type KeptEvent } from './event_json.ts'
import { guarded } from './search_refusal.ts'

/** What a list of events is narrowed down to: `query`, `environment` and a period. */
export interface EventFilter {
  /** Over a row `e` of events. */
  readonly sql: string
  readonly values: readonly (string | number)[]
  /** What SQL cannot tell. */
  readonly fits: (kept: KeptEvent) => boolean
  /** So many bodies are read at most (errors.api.list_bodies_max). */
  readonly readMax: number
}

/** @throws WebRefusal 400 naming the place in `query`. */
export function eventFilter(asked: Asked): EventFilter {
  const conditions = ['1']
  const values: (string | number)[] = []
  const { environments, period } = asked
  if (environments.length > 0) {
    conditions.push('e.environment in (select value from json_each(?))')
    values.push(JSON.stringify(environments))
  }
  if (period) {
    conditions.push('e.timestamp_ms >= ? and e.timestamp_ms <= ?')
    values.push(period.fromMs, period.untilMs)
  }
  const text = asked.query.get('query') ?? ''
  return {
    sql: conditions.join(' and '),
    values,
    fits: matcherOf(text, asked),
    readMax: asked.request.limits.list_bodies_max,
  }
}

function matcherOf(text: string, asked: Asked): (kept: KeptEvent) => boolean {
  const maxLength = asked.request.limits.search_length_max
  const node = guarded(() => parseSearch(text, { ...defaultSearchLimits, maxLength }))
  return ({ event, project }) => {
    const called = () => calledOf(event, project, asked)
    return guarded(() => eventFits(node, { event, called, nowMs: asked.nowMs }))
  }
}
