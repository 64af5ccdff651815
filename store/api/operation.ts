import type { JsonRecord } from '../search.ts'

/** One item of `_bulk`, or a request for one document. */
export interface Operation {
  readonly op: 'index' | 'create' | 'delete' | 'update'
  /** As the client wrote it: an index, a data stream, an alias, date maths. */
  readonly index: string
  readonly id: string | undefined
  readonly source?: Uint8Array
  readonly ifSeqNo?: number | undefined
  readonly ifPrimaryTerm?: number | undefined
  readonly version?: string | undefined
  readonly requireAlias: boolean
}

/** What became of it, as Elasticsearch tells: an item of the answer of `_bulk`. */
export interface Verdict {
  readonly status: number
  readonly body: JsonRecord
}

/** An operation whose document may be kept. */
export interface Accepted {
  readonly op: 'index' | 'create' | 'delete'
  /** The index it goes to. */
  readonly index: string
  /** Undefined: it is given one. */
  readonly id: string | undefined
  readonly source: Uint8Array | undefined
  readonly time: string | undefined
  readonly ifSeqNo: number | undefined
  readonly ifPrimaryTerm: number | undefined
}
