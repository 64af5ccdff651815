import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { SourceMapsConfig } from './config.ts'

/** An event and the project that it is for. */
export interface ProjectEvent {
  readonly project: number
  readonly event: SentryEvent
}

/** What the symbolicator stands on. The database is asked where the maps are; it is never written. */
export interface SymbolicatorWorld {
  readonly database: () => DatabaseSync
  readonly blobs: { path(sha256: string): string }
  readonly clock: Clock
  readonly limits: SourceMapsConfig
}

/** Maps the frames of minified JavaScript to their sources. Whatever a map holds, nothing here throws. */
export interface Symbolicator {
  /** Reads the maps that these events need into memory, as far as `max_memory` allows. */
  prepare(events: readonly ProjectEvent[]): Promise<void>
  /**
   * Maps frames in place, with what `prepare` has read: `filename`, `abs_path`, `function`, `lineno`, `colno`,
   * `module`, context lines and `in_app`. The stack as it came stays in `raw_stacktrace`. A mapped frame has
   * `data.sourcemap` and `data.symbolicated`, another one of a script `data.unmapped` with the reason.
   */
  apply(project: number, event: SentryEvent): void
  /** The event with its stacks as they came mapped anew, for maps that were uploaded later. The given one stays as it is. */
  remap(project: number, event: SentryEvent): Promise<SentryEvent>
  /** Frame by frame, what became of it and why, and what would now. */
  explain(project: number, event: SentryEvent): Promise<Explanation>
}

/** Of an event: how many frames of scripts it has, how many were mapped, and why the others were not. */
export interface Explanation {
  readonly frames: number
  readonly mapped: number
  readonly unmapped: readonly {
    readonly reason: string
    readonly frames: number
    /** The script, as the frame names it; of the first one with this reason. */
    readonly file: string
    readonly debug_id?: string
  }[]
  /** How many more would be mapped by what is there now. */
  readonly mappable: number
}

export function createSymbolicator(_world: SymbolicatorWorld): Symbolicator {
  return {
    prepare: async () => undefined,
    apply: () => undefined,
    remap: async (_project, event) => structuredClone(event),
    explain: async () => ({ frames: 0, mapped: 0, unmapped: [], mappable: 0 }),
  }
}
