import { z } from 'zod'
import type { Context } from '../context.ts'
import { RetryableError } from '../errors.ts'
import type { Chunk } from '../journal/chunk.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { definer } from '../plugin.ts'
import { duration, size } from '../units.ts'
import type { JsonObject } from '../json.ts'
import { tagPatterns } from '../routing.ts'

/** An event that a target refused for good. */
export interface Rejected {
  /** Its place in the chunk, from 0. */
  readonly index: number
  readonly reason: 'target_refused' | 'target_conflict' | 'too_large_for_target' | 'failure_store'
  /** What the target said: status, type and text. */
  readonly detail: string
  /** The index, file or address it was for. */
  readonly target: string
}

/**
 * The target judged each event: those in neither list are delivered, `rejected` are refused for good,
 * `remaining` have to be sent again. Unless `fateUnknown`, this request certainly did not bring those;
 * an earlier one may have, so what was `mayBeKnown` stays so.
 */
export class PartialDelivery extends RetryableError {
  readonly rejected: readonly Rejected[]
  constructor(
    message: string,
    options: {
      remaining: readonly number[]
      rejected: readonly Rejected[]
      fateUnknown: boolean
      retryAfterMs?: number | undefined
    },
  ) {
    super('WEIR_OUTPUT_UNAVAILABLE', message, options)
    this.rejected = options.rejected
  }
}

/**
 * What a check found, one sentence with its fix: a problem, which keeps events from being delivered, or
 * a note, which does not.
 */
export type Checked = { readonly problem: string } | { readonly note: string }

/** One delivery of a chunk. */
export interface Delivery {
  readonly chunk: Chunk
  /**
   * True when some of these events may have been in an earlier request whose fate is unknown (crash,
   * reset, time-out) or are sent again on purpose (seek, replay): then a duplicate is a delivery.
   */
  readonly mayBeKnown: boolean
}

/**
 * A target. `write` is one attempt, with no retry of its own: it resolves to what was refused for good
 * when everything else is delivered, and throws PartialDelivery, RetryableError, TooLargeError or
 * PermanentError otherwise. Several writes may be under way at once, up to `concurrency`.
 */
export interface Output extends Lifecycle {
  write(delivery: Delivery, deadline: AbortSignal): Promise<readonly Rejected[]>
  /** For `weir check`: reachability, permissions. */
  check(deadline: AbortSignal): Promise<readonly Checked[]>
  status(): JsonObject
}

/** What a delivery loop wants to know of any target; its defaults suit one that takes large requests. */
export const deliveryFields = {
  id: z
    .string()
    .regex(/^[a-z0-9_.-]+$/)
    .optional()
    .describe('Name of its cursor, metrics and dead letters; needed when a type repeats'),
  max_lag: size()
    .optional()
    .describe('Journal bytes it may lag before it skips the oldest, counted; default: no limit'),
  batch_bytes: size().default(5_000_000).describe('Most bytes of events in one request'),
  batch_age: duration().default(1000).describe('Most time an event waits for its batch to fill'),
  concurrency: z.int().min(1).max(64).default(4).describe('Most requests under way at once'),
  timeout: duration().default(60_000).describe('Most time for one request'),
  dead_max_disk: size()
    .default(1_000_000_000)
    .describe(
      'Most bytes of dead letters; beyond, delivery waits until some are dropped or replayed',
    ),
  retry_max_wait: duration().default(30_000).describe('Longest wait between two attempts'),
}

const { id, ...rest } = deliveryFields
const shared = {
  id,
  match: tagPatterns().default('**').describe('Tags it takes: `*` one part, `**` any, `{a,b}`'),
  final: z.boolean().default(false).describe('An event it takes goes to no later output'),
  ...rest,
}

export const defineOutput = definer<[Context], Output, typeof shared>(shared)
