import type { Lifecycle } from '../core/lifecycle.ts'
import type { JsonRecord } from './search.ts'

/** What a field of a kind of document is indexed as; only declared fields can be asked for. */
export type DocumentFieldType = 'keyword' | 'long' | 'double' | 'date' | 'boolean'

/**
 * A kind of document, such as issues or saved views: a name ([a-z0-9_]) and the fields by which it can be
 * found and sorted. A field is a dotted path into the body. A date is an ISO 8601 text.
 */
export interface DocumentKind {
  readonly name: string
  readonly fields: Readonly<Record<string, DocumentFieldType>>
}

/** Opaque, to be handed back: the document is still what was read. */
export type DocumentVersion = string & { readonly __brand: 'DocumentVersion' }

export interface Document {
  readonly id: string
  readonly version: DocumentVersion
  readonly body: JsonRecord
}

export type DocumentValue = string | number | boolean
/** All conditions have to hold. `in` is any of; a bare value is equality; null is absence. */
export type DocumentCondition =
  | DocumentValue
  | null
  | { readonly in: readonly DocumentValue[] }
  | {
      readonly gt?: DocumentValue
      readonly gte?: DocumentValue
      readonly lt?: DocumentValue
      readonly lte?: DocumentValue
    }
  | { readonly prefix: string }

export interface FindRequest {
  readonly where?: Readonly<Record<string, DocumentCondition>>
  /** Ties are broken by id. Absent: by id. */
  readonly sort?: readonly { readonly field: string; readonly order: 'asc' | 'desc' }[]
  /** Most documents of one answer, at most 10,000. */
  readonly limit: number
  /** `next` of the answer before. */
  readonly after?: string
}

export interface Found {
  readonly documents: readonly Document[]
  /** For the next page; absent on the last. */
  readonly next?: string
}

/** The document is no longer at the version that was expected. Read it again, decide again. */
export class Conflict extends Error {
  constructor(kind: string, id: string) {
    super(`${kind} ${id} was changed meanwhile`)
    this.name = 'Conflict'
  }
}

/**
 * Documents that are read by key and changed. A change is durable once its promise resolves, and is seen
 * by every `get` and `find` after that, through any Documents on the same store.
 */
export interface Documents extends Lifecycle {
  get(kind: DocumentKind, id: string): Promise<Document | undefined>
  /**
   * @param expected the version it has to have; null: it must not be there; undefined: whatever it is.
   * @throws Conflict
   */
  put(
    kind: DocumentKind,
    id: string,
    body: JsonRecord,
    expected?: DocumentVersion | null,
  ): Promise<DocumentVersion>
  /** No error when it is not there and none was expected. @throws Conflict */
  delete(kind: DocumentKind, id: string, expected?: DocumentVersion): Promise<void>
  find(kind: DocumentKind, request: FindRequest): Promise<Found>
  /** How many `where` fits, without reading them. */
  count(kind: DocumentKind, where?: FindRequest['where']): Promise<number>
}
