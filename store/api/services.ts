import type { Clock } from '../../core/clock.ts'
import type { Append } from '../../core/journal/batch.ts'
import type { Catalogue } from '../catalogue.ts'
import type { JsonRecord, Search, SearchRequest, TargetOptions } from '../search.ts'
import type { CatalogueStore } from './catalogue_store.ts'
import type { IdTable } from './ids.ts'
import type { ApiLimits } from './limits.ts'

/** An index or data stream that has documents. */
export interface StreamStatistics {
  readonly name: string
  readonly kind: 'data_stream' | 'index'
  readonly documents: number
  /** Replaced or deleted, and still on disk; undefined: none. */
  readonly deleted?: number
  /** On disk. */
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly createdMs: number
}

export interface StoredDocument {
  readonly id: string
  /** Undefined for an event that Weir itself took in, which can be neither replaced nor deleted. */
  readonly seq: number | undefined
  /** The document's JSON text as it came. */
  readonly source: string
}

/**
 * The engine behind the API. Targets are names that `resolveTarget` has resolved: comma-separated, neither
 * wildcards nor aliases. Errors are SearchError.
 */
export interface Engine extends Pick<Search, 'search' | 'fieldCaps'> {
  /** Resolves when everything that was durable at the call is found by what is asked afterwards. */
  refresh(): Promise<void>
  /** What was found by the last refresh. */
  document(index: string, id: string, deadline: AbortSignal): Promise<StoredDocument | undefined>
  /** In the order of `wanted`. */
  documents(
    wanted: readonly { readonly index: string; readonly id: string }[],
    deadline: AbortSignal,
  ): Promise<readonly (StoredDocument | undefined)[]>
  /** Up to which `_seq` retention may have taken documents of an index; cheap. */
  takenThrough(index: string): number
  /** Those of `seqs` whose documents are in the index no more. By what was found by the last refresh. */
  goneOf(index: string, seqs: readonly number[], deadline: AbortSignal): Promise<readonly number[]>
  /**
   * Whatever is durable at the call is gone from the index, and documents that came by the API up to
   * `throughSeq`; what comes later stays.
   */
  deleteIndex(name: string, throughSeq: number): Promise<void>
  /** All that have documents, by name; cheap. */
  streams(): Promise<readonly StreamStatistics[]>
  count(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    deadline: AbortSignal,
  ): Promise<number>
  /** Values of a keyword that begin with a text, ascending. */
  termsEnum(target: string, request: JsonRecord, deadline: AbortSignal): Promise<readonly string[]>
  /** @throws SearchError what is wrong with the `query` of the request. */
  validate(target: string, request: SearchRequest, deadline: AbortSignal): Promise<void>
  /** What `GET _mapping` shows under `mappings`: what was given, and what documents taught. */
  mapping(index: string): Promise<JsonRecord>
  /** Called at start, and after every change. */
  updateCatalogue(catalogue: Catalogue): Promise<void>
}

/** All that the API stands on. */
export interface ApiServices {
  readonly engine: Engine
  /** Into a journal partition of its own, under the tag `documentsTag`. */
  readonly append: Append
  /** Why nothing can be taken in now, such as a full journal; undefined when it can. */
  readonly paused: () => string | undefined
  readonly ids: IdTable
  readonly catalogue: CatalogueStore
  readonly limits: ApiLimits
  /** Most time for one question. */
  readonly questionTimeoutMs: number
  readonly clock: Clock
  readonly randomBytes: (count: number) => Uint8Array
  /** Shown as `cluster_name` and node name. */
  readonly clusterName: string
  readonly nodeName: string
}
