import type { Context } from '../core/context.ts'
import { definer } from '../core/plugin.ts'
import type { Event } from './event.ts'
import type { Refusal } from './parser.ts'
import { tagPatterns } from '../core/routing.ts'

/**
 * A filter changes an event or takes it out. It is synchronous, and whatever the event holds it does
 * not throw: what it cannot do is a Refusal, and the event goes on as `on_error` says.
 */
export interface Filter {
  /** The event (the same object changed, or a new one), null to take it out. */
  apply(event: Event, tag: string): Event | Refusal | null
}

/** What a filter gets beside its config. */
export interface FilterContext extends Context {
  /** Name of this machine. */
  readonly hostname: string
}

const shared = {
  match: tagPatterns()
    .default('**')
    .describe('Tags it applies to: `*` one part, `**` any, `{a,b}`'),
}

export const defineFilter = definer<[FilterContext], Filter, typeof shared>(shared)
