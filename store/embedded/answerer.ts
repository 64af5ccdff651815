import type { Catalogue } from '../catalogue.ts'
import type { SearchLimits } from '../query/limits.ts'
import type { JsonRecord, SearchRequest, SearchResponse, TargetOptions } from '../search.ts'
import type { Sources } from './ask/asked.ts'
import type { Database } from './database.ts'
import type { Reading } from './segments/reading.ts'

/** What a question is answered from. */
export interface Answering {
  readonly reading: Reading
  readonly database: Database
  readonly sources?: Sources
  readonly catalogue: Catalogue
  readonly limits: SearchLimits
  /** Milliseconds since the epoch, the same for the whole question. */
  readonly nowMs: number
  readonly deadline: AbortSignal
}

/** Answers questions from segments. Errors are SearchError. */
export interface Answerer {
  search(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    from: Answering,
  ): Promise<SearchResponse>
  count(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    from: Answering,
  ): Promise<number>
  validate(
    target: string,
    request: SearchRequest,
    options: TargetOptions,
    from: Answering,
  ): Promise<void>
  fieldCaps(
    target: string,
    patterns: readonly string[],
    options: TargetOptions,
    from: Answering,
  ): Promise<JsonRecord>
  termsEnum(target: string, request: JsonRecord, from: Answering): Promise<readonly string[]>
  mapping(index: string, from: Answering): Promise<JsonRecord>
}
