import type { Mapping } from './fields.ts'

/** An index or data stream that was made by a client, or had a mapping or alias given to it. */
export interface IndexMetadata {
  readonly name: string
  /** Undefined: types are learnt from the documents as Weir's own streams do. */
  readonly mapping: Mapping | undefined
  readonly settings: object
  readonly aliases: Readonly<
    Record<string, { readonly filter?: object; readonly isWriteIndex?: boolean }>
  >
  readonly isDataStream: boolean
  /** Milliseconds since the epoch. */
  readonly createdMs: number
}

/**
 * What clients said about indices. Streams that only documents made are not in it: the segments' manifest
 * knows those.
 */
export interface Catalogue {
  readonly indices: readonly IndexMetadata[]
}
