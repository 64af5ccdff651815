import type { Trouble } from '../core/journal/backpressure.ts'
import type { Position } from '../core/journal/batch.ts'
import type { DurableMark, WriterSeed } from '../core/journal/writer.ts'
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

export interface WorkerSeed {
  readonly index: number
  readonly count: number
  readonly writer: WriterSeed
  readonly space: { readonly shared: SharedArrayBuffer; readonly limit: number }
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
export type WorkerNotice =
  | { readonly notice: 'ready' }
  | { readonly notice: 'failed'; readonly code: string; readonly message: string }
  | { readonly notice: 'durable'; readonly mark: DurableMark }
  | { readonly notice: 'trouble'; readonly trouble: Trouble | null }

export type WorkerAnswer =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } }

export type KnownPositions = ReadonlyMap<string, readonly [generation: number, position: Position]>
