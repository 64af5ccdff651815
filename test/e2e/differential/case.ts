import type { JsonRecord } from '../../../store/search.ts'
import type { ServerName } from '../../peers/catalogue.ts'
import type { IntendedName } from './intended.ts'

/** One request that Weir and a real server get, word for word the same. */
export interface Case {
  /** Index or indices; empty where the path names none. */
  readonly of: string
  /** Default `_search`. */
  readonly path?: string
  /** Default POST. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Lines of NDJSON when it is an array. */
  readonly body?: JsonRecord | readonly JsonRecord[]
  /** What the other server has not, or does by itself otherwise. */
  readonly only?: ServerName
  /** Where the answers are meant to differ; a test fails when they no longer do. */
  readonly differs?: IntendedName
}

export const ask = (of: string, body: JsonRecord, differs?: IntendedName): Case =>
  differs ? { of, body, differs } : { of, body }

export const onElasticsearch = (given: Case): Case => ({ ...given, only: 'elasticsearch-8' })

/** All documents that fit, in the order of their ids. */
export const find = (of: string, query: JsonRecord, differs?: IntendedName): Case =>
  ask(of, { query, size: 100, _source: false, sort: [{ id: 'asc' }] }, differs)

export const caseName = ({ method = 'POST', of, path = '_search', body }: Case): string =>
  `${method} /${of}${of && '/'}${path} ${JSON.stringify(body ?? '')}`.slice(0, 400)
