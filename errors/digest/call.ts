import type { DatabaseSync } from 'node:sqlite'
import type { Context } from '../../core/context.ts'
import type { JsonValue } from '../../store/search.ts'
import type { GroupingRules } from '../grouping/rules.ts'
import type { Project } from '../projects/project.ts'
import type { Symbolicator } from '../symbolicate/symbolicator.ts'
import type { DigestSettings } from './protocol.ts'

/** What a call may use in the digest thread. It runs between batches: everything digested is committed. */
export interface CallWorld {
  /** errors.sqlite. Reading is free; whatever writes goes through `change`. */
  readonly database: DatabaseSync
  readonly context: Context
  /**
   * Runs `work` in one transaction, and returns what it returned once that is on disk. When it throws, nothing
   * has changed. It must not be async, and must not be nested.
   */
  readonly change: <T>(work: () => T) => T
}

/** What the thread has beside it, for calls that look into events again. */
export interface ThreadWorld extends CallWorld {
  readonly symbolicator: Symbolicator
  /** By id; undefined when it is gone. */
  readonly project: (id: number) => Project | undefined
  /** How a project's events are grouped now. */
  readonly rulesOf: (project: number) => GroupingRules
  readonly settings: DigestSettings
}

/**
 * Answers one question of main about errors, in the digest thread. Params and answer are JSON.
 *
 * @throws WeirError what is wrong with the question.
 */
export type Call = (params: never, world: ThreadWorld) => JsonValue | Promise<JsonValue>

/** Calls by name, such as `issues.list`. A file with a table of them is listed in calls.ts. */
export type Calls = Readonly<Record<string, Call>>
