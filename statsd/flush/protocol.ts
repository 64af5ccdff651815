import type { StartNotice } from '../../core/threads/conversation.ts'
import type { PartitionNotice, PartitionSeed } from '../../core/threads/thread_partition.ts'
import type { MessagePort } from 'node:worker_threads'
import type { Position } from '../../core/journal/batch.ts'
import type { JournalPiece } from '../forward/forwarded.ts'
import type { MergeLimits } from '../forward/merge.ts'
import type { Instance } from '../instance.ts'
import type { SwappedTables } from '../tables/swapped.ts'
import type { FlushSettings } from './flush.ts'
import type { FlushConfig } from './config.ts'

/** What main and the flushing thread say to each other; everything is copied between threads. */

export interface FlusherSeed extends PartitionSeed {
  readonly instance: Instance
  readonly settings: FlushSettings
  readonly keyFlush: FlushConfig['key_flush']
  /** Last part of the names of streams. */
  readonly namespace: string
  /** What bounds the tables that other Weirs' flushes are merged into. */
  readonly limits: MergeLimits
  /** Up to where they are merged; undefined: none was. */
  readonly merged: Position | undefined
  /** Whether flushes are handed on to another Weir. */
  readonly forwards: boolean
  readonly logLevel: string
  readonly dataFolder: string
  /** Where swapped tables come from: FlusherMessage in, FlusherAnswer out. Transferred. */
  readonly receiver: MessagePort
  /** What the receiver had handed over before. */
  readonly early: readonly SwappedTables[]
}

/** Requests of main, each answered once by id. */
export type FlusherRequest =
  | { readonly ask: 'status' }
  | { readonly ask: 'metrics' }
  /** The receiving thread was replaced, and there is another port. */
  | { readonly ask: 'receiver'; readonly port: MessagePort }
  /** Merges what other Weirs flushed into the next flush; answered once that is durable. */
  | { readonly ask: 'merge'; readonly pieces: readonly JournalPiece[] }
  /** Takes what has been handed over by now, and ends. */
  | { readonly ask: 'stop'; readonly withinMs: number }

export interface FlusherStatus {
  /** Number of the last flush that is durable; 0 before the first. */
  readonly flush: number
  /** ms since the epoch; 0 before the first. */
  readonly lastFlushMs: number
  /** Of the last flush: points, bytes in the journal, milliseconds of computing. */
  readonly points: number
  readonly bytes: number
  readonly computedMs: number
  /** Handed over and not durable yet. */
  readonly waiting: number
  /** What came in by the last flush, since the receiving thread started. */
  readonly traffic: FlushedTraffic
  /** Etsy's timestamp_lag; undefined before the second flush. */
  readonly lagSeconds: number | undefined
}

export interface FlushedTraffic {
  readonly packets: number
  readonly lines: number
  readonly badLines: number
}

export interface FlusherAnswers {
  status: FlusherStatus
  /** prom-client's getMetricsAsJSON, opaque here. */
  metrics: object[]
  receiver: undefined
  merge: undefined
  stop: undefined
}

/** What the thread says unasked. */
export type FlusherNotice = StartNotice | PartitionNotice
