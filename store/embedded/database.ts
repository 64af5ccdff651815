import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { messageOf } from '../../core/errors.ts'
import { readOnce } from './read_once.ts'
import type { Bound, Sql } from './sql.ts'

/**
 * A value of an answer as JavaScript has it: BIGINT is a bigint, TIMESTAMP the microseconds since the epoch as
 * a bigint, DOUBLE a number, a list an array.
 */
export type Answered =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Answered[]
  | AnsweredStruct
export interface AnsweredStruct {
  readonly [name: string]: Answered
}

/** One question after the other to DuckDB; closed to files, network and extensions before the first. */
export interface Database {
  /** @throws what DuckDB says, without the SQL; when `signal` fires the query is interrupted and its reason thrown. */
  rows(query: Sql, signal: AbortSignal): Promise<readonly AnsweredStruct[]>
}

export function database(connection: DuckDBConnection): Database {
  return {
    async rows(query, signal) {
      const { text, values } = readOnce(query)
      signal.throwIfAborted()
      const interrupt = () => connection.interrupt()
      signal.addEventListener('abort', interrupt)
      try {
        const prepared = await connection.prepare(text)
        prepared.bind(values.map(bindable), typesOf(values))
        const reader = await prepared.runAndReadAll()
        const names = reader.deduplicatedColumnNames()
        return reader.getRows().map((row) => {
          return Object.fromEntries(row.map((value, place) => [names[place]!, answered(value)]))
        })
      } catch (failure) {
        signal.throwIfAborted()
        throw withoutQuery(failure)
      } finally {
        signal.removeEventListener('abort', interrupt)
      }
    },
  }
}

/** DuckDB shows the place in the SQL, which is nothing to whoever asked. */
function withoutQuery(failure: unknown): unknown {
  const [reason, query] = messageOf(failure).split(/\n+LINE \d+: /, 2)
  return query === undefined ? failure : new Error(reason, { cause: failure })
}

const bindable = (value: Bound): DuckDBValue => value

/**
 * A bigint is a BIGINT: left to itself it were a HUGEINT, for which columns have neither functions nor statistics.
 * A whole number beyond what a double counts is a DOUBLE: it may lie beyond a BIGINT, too.
 */
export function typesOf(values: readonly Bound[]): DuckDBType[] {
  const types: DuckDBType[] = []
  for (const [place, value] of values.entries()) {
    if (typeof value === 'bigint') types[place] = BIGINT
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
      types[place] = DOUBLE
  }
  return types
}

/** DuckDB's wrappers opened: timestamps to microseconds, lists and structs to plain ones. */
function answered(value: DuckDBValue): Answered {
  if (value === null || typeof value !== 'object') return value as Answered
  if ('micros' in value) return value.micros as bigint
  if ('items' in value) return (value.items as DuckDBValue[]).map(answered)
  if ('entries' in value && !Array.isArray(value.entries)) {
    const entries = Object.entries(value.entries as Record<string, DuckDBValue>)
    return Object.fromEntries(entries.map(([name, each]) => [name, answered(each)]))
  }
  return String(value)
}
