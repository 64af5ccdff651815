import type { Position } from '../../core/journal/batch.ts'
import type { WriterSeed } from '../../core/journal/writer.ts'
import type { StartNotice } from '../../core/threads/conversation.ts'
import type { PartitionNotice, PartitionSeed } from '../../core/threads/thread_partition.ts'
import type { ErrorsConfig } from '../config.ts'
import type { Project } from '../projects/project.ts'
import type { Incoming } from './incoming.ts'
import type { Answer } from './refusal.ts'

/** What main and the accepting thread say to each other; everything is copied, or handed over, between threads. */

/** Of the config what the thread needs: plain data. */
export type AcceptConfig = Pick<ErrorsConfig, 'limits' | 'quota' | 'scrub' | 'events' | 'grouping'>

/** What the thread starts with: its partition is that of the reports. */
export interface AcceptSeed extends PartitionSeed {
  /** Of the partition of log events. */
  readonly logsWriter: WriterSeed
  readonly config: AcceptConfig
  readonly projects: readonly Project[]
  /** Counts of quotas that an earlier thread left in the journal. */
  readonly counts: readonly (readonly [source: string, position: Position])[]
  readonly logLevel: string
  readonly dataFolder: string
}

/** Requests of main, each answered once. */
export type AcceptRequest =
  | { readonly ask: 'accept'; readonly incoming: Incoming }
  | { readonly ask: 'projects'; readonly projects: readonly Project[] }
  | { readonly ask: 'configure'; readonly config: AcceptConfig }
  | { readonly ask: 'metrics' }
  | { readonly ask: 'stop'; readonly withinMs: number }

export interface AcceptAnswers {
  accept: Answer
  projects: undefined
  configure: undefined
  /** prom-client's getMetricsAsJSON, opaque here. */
  metrics: object[]
  stop: undefined
}

/** What the thread says unasked. */
export type AcceptNotice = StartNotice | PartitionNotice
