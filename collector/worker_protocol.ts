import type { StartNotice } from '../core/threads/conversation.ts'
import type { PartitionNotice, PartitionSeed } from '../core/threads/thread_partition.ts'
import type { Position } from '../core/journal/batch.ts'
import type { JsonObject } from '../core/json.ts'
import type { ComponentConfig } from '../core/plugin.ts'
import type { HttpBody, HttpReply } from './input.ts'

/** What the threads of the collector say to each other. Everything here is copied between threads. */

/** The part of the config that a worker acts on. */
export interface WorkerConfig {
  readonly namespace: string
  readonly onError: string | undefined
  readonly inputs: readonly ComponentConfig[]
  readonly filters: readonly ComponentConfig[]
}

export interface WorkerSeed extends PartitionSeed {
  readonly index: number
  readonly count: number
  readonly config: WorkerConfig
  readonly logLevel: string
  readonly hostname: string
  readonly dataFolder: string
}

/** Requests of main, each answered once by id. */
export type WorkerRequest =
  | { readonly ask: 'configure'; readonly config: WorkerConfig }
  | { readonly ask: 'receive'; readonly body: HttpBody }
  | { readonly ask: 'status' }
  | { readonly ask: 'metrics' }
  | { readonly ask: 'stop'; readonly withinMs: number }

export interface WorkerStatus {
  readonly inputs: readonly JsonObject[]
}

export interface WorkerAnswers {
  configure: undefined
  receive: HttpReply
  status: WorkerStatus
  /** prom-client's getMetricsAsJSON, opaque here. */
  metrics: object[]
  stop: undefined
}

/** What a worker says unasked. */
export type WorkerNotice = StartNotice | PartitionNotice

export type KnownPositions = ReadonlyMap<string, readonly [generation: number, position: Position]>
