import type { Places } from '../../core/journal/cursor.ts'
import type { FollowedPartition } from '../../core/journal/follower.ts'
import type { DurableMark } from '../../core/journal/writer.ts'
import type { Reason } from '../../core/reasons.ts'
import type { Route } from '../../core/routing.ts'
import type { Catalogue } from '../catalogue.ts'
import type { SearchLimits } from '../query/limits.ts'
import type { JsonRecord, SearchRequest, TargetOptions } from '../search.ts'
import type { EmbeddedOptions } from './config.ts'
import type { MetricsQuestion } from './metrics/metrics_protocol.ts'

/** An output as routing sees it, and whether it is the store. */
export interface StoreRoute extends Route {
  readonly isStore: boolean
}

/** What of the journal the store takes, beside the documents of `/es` and digested errors, which it always does. */
export interface StoreRoutes {
  /** All outputs: they say which events. */
  readonly outputs: readonly StoreRoute[]
  /** Whether metric points. */
  readonly points: boolean
  /** Nothing else, neither documents nor reports of errors, whose partitions are the store's on their own. */
  readonly isPointsOnly?: boolean
}

/**
 * What a store is opened for: to run; for what a command asks, with no merging and no retention beside it; or to be
 * looked at: what the journal has for it is found, and afterwards everything is as it was.
 */
export type OpenedFor = 'running' | 'command' | 'look'

/** What the engine's process is asked. */
export type Question =
  | {
      readonly kind: 'search' | 'count' | 'validate'
      readonly target: string
      readonly request: SearchRequest
      readonly options: TargetOptions
    }
  | {
      readonly kind: 'field_caps'
      readonly target: string
      readonly patterns: readonly string[]
      readonly options: TargetOptions
    }
  | { readonly kind: 'terms_enum'; readonly target: string; readonly request: JsonRecord }
  | { readonly kind: 'mapping'; readonly index: string }
  | {
      readonly kind: 'documents'
      readonly wanted: readonly { readonly index: string; readonly id: string }[]
    }
  | { readonly kind: 'gone'; readonly index: string; readonly seqs: readonly number[] }
  | { readonly kind: 'delete_index'; readonly name: string; readonly throughSeq: number }
  | { readonly kind: 'metrics'; readonly question: MetricsQuestion }
  | { readonly kind: 'refresh' | 'streams' | 'statistics' | 'verify' | 'compact' | 'adopt' }

/** From the main process. */
export type ToEngine =
  | {
      readonly kind: 'start'
      /** `<data_dir>/store` */
      readonly folder: string
      readonly options: EmbeddedOptions
      readonly openedFor: OpenedFor
      /** Of questions. */
      readonly limits: SearchLimits
      readonly routes: StoreRoutes
      readonly partitions: readonly FollowedPartition[]
      readonly catalogue: Catalogue
      /** Milliseconds since the epoch, as steady as an earlier process left it. */
      readonly timeMs: number | undefined
    }
  | {
      readonly kind: 'mark'
      readonly partition: string
      readonly folder: string
      readonly mark: DurableMark
    }
  | { readonly kind: 'dropped'; readonly partition: string; readonly segment: string }
  /** What is sealed from now on goes by these. */
  | { readonly kind: 'routes'; readonly routes: StoreRoutes }
  | { readonly kind: 'catalogue'; readonly catalogue: Catalogue }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly question: Question
      readonly timeoutMs: number
    }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'stop' }

/** A failure as it crosses: SearchError with its status, or anything else. */
export interface Failure {
  readonly status?: number
  readonly type?: string
  readonly message: string
  readonly details?: JsonRecord
}

/** From the engine's process. */
export type FromEngine =
  /** `timeMs`: by which rows are too old. */
  | { readonly kind: 'ready'; readonly timeMs: number }
  | { readonly kind: 'unusable'; readonly message: string }
  /** What lies before is in segments now. */
  | { readonly kind: 'advance'; readonly places: Places }
  /** `json` is undefined where there is nothing to say. As text, because numbers keep their digits in it. */
  | { readonly kind: 'answer'; readonly id: number; readonly json: string | undefined }
  /** An answer that crosses as it is: numbers in typed arrays. */
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: Failure }
  | {
      readonly kind: 'notice'
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly about: JsonRecord
    }
  | { readonly kind: 'count'; readonly reason: Reason; readonly events: number }
  /** Whether sealing is paused, and why. */
  | { readonly kind: 'paused'; readonly why: string | null }
