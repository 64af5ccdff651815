import { filters } from '../../../collector/filters/all.ts'
import type { Event } from '../../../collector/event.ts'
import type { RawJson } from '../../../core/json.ts'
import { Refusal } from '../../../collector/parser.ts'
import type { FilterContext } from '../../../collector/filter.ts'

/** A filter made from a config as the user writes it; gives JSON text, null, or a refusal's detail. */
export function makeFilter(config: { type: string; [key: string]: unknown }) {
  const now = Date.parse('2026-01-02T03:04:05.678Z')
  // Filters use nothing else of their context.
  const context = { clock: { now: () => now }, hostname: 'web-1' } as FilterContext
  const filter = filters.create(filters.schema.parse(config), context)
  return (event: string | Event, tag = 'app.web.access'): unknown => {
    const result = filter.apply(typeof event === 'string' ? JSON.parse(event) : event, tag)
    if (result instanceof Refusal) return `${result.reason}: ${result.detail}`
    return result === null ? null : JSON.stringify(result)
  }
}

/** The first message that the schema has for a config. */
export function problemOf(config: object): string {
  const checked = filters.schema.safeParse(config)
  return checked.success ? '' : JSON.stringify(checked.error.issues)
}

/** A number that keeps its digits; the types of TypeScript 7 do not know JSON.rawJSON yet. */
export const written = (digits: string) =>
  (JSON as unknown as { rawJSON(text: string): RawJson }).rawJSON(digits)
