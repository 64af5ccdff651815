import { DuckDBInstance } from '@duckdb/node-api'
import type { Field } from '../../../../../store/fields.ts'
import { defaultSearchLimits } from '../../../../../store/query/limits.ts'
import type { Query, Scalar } from '../../../../../store/query/query.ts'
import type { JsonRecord, JsonValue } from '../../../../../store/search.ts'
import { queryOfBody } from '../../../../../store/query/body/body.ts'
import { parseAggregations } from '../../../../../store/embedded/ask/aggregations/parse.ts'
import { aggregate } from '../../../../../store/embedded/ask/aggregations/execute.ts'
import type { AggregateOptions } from '../../../../../store/embedded/ask/aggregations/execute.ts'
import type { Asked, Resolved, ValueType } from '../../../../../store/embedded/ask/asked.ts'
import { database } from '../../../../../store/embedded/database.ts'
import { all, any, identifier, join, sql, verbatim } from '../../../../../store/embedded/sql.ts'
import type { Sql } from '../../../../../store/embedded/sql.ts'

/** The types of a table's fields; a `[]` behind one: documents may have several values. */
export type Types = Readonly<Record<string, string>>

export interface Table {
  /** The `aggregations` of a body's `aggs` and `query`. */
  aggregations(
    aggs: JsonRecord,
    query?: JsonRecord,
    options?: AggregateOptions,
  ): Promise<JsonRecord>
  readonly asked: Asked
  close(): void
}

export const nowMs = Date.parse('2026-11-21T12:00:00Z')

const sqlTypes: Readonly<Record<string, ValueType>> = {
  keyword: 'VARCHAR',
  text: 'VARCHAR',
  ip: 'VARCHAR',
  long: 'BIGINT',
  date: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
}

/** Documents in DuckDB, asked as the engine asks its segments: only the resolving of fields is simpler. */
export async function tableOf(documents: readonly JsonRecord[], types: Types): Promise<Table> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("set timezone = 'UTC'")
  const names = Object.keys(types)
  const rows = documents.map((document) =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, valueOf(document, name)]))),
  )
  const isMany = (name: string) => types[name]!.endsWith('[]')
  const typeOf = (name: string) => types[name]!.replace('[]', '')
  const columns = names.map((name) => {
    const path = `$."${name}"`
    const type = typeOf(name)
    const cast = (value: string) =>
      type === 'date'
        ? `epoch_us(cast(${value} as timestamp))`
        : `cast(${value} as ${sqlTypes[type]})`
    const text = `json_extract_string(line, '${path}')`
    return isMany(name)
      ? `case when json_type(line, '${path}') is null or json_type(line, '${path}') = 'NULL' then null else list_filter(list_transform(json_extract_string(line, '${path}[*]'), lambda x: ${cast('x')}), lambda x: x is not null) end as "${name}"`
      : `${cast(text)} as "${name}"`
  })
  await connection.run('create table lines (line varchar)')
  const appender = await connection.createAppender('lines')
  for (const row of rows) {
    appender.appendVarchar(row)
    appender.endRow()
  }
  appender.closeSync()
  await connection.run(`create table t as select ${columns.join(', ')} from lines`)

  const field = (path: string): Resolved | undefined => {
    if (!Object.hasOwn(types, path)) return undefined
    const type = typeOf(path)
    const definition: Field = { path, type: type as Field['type'], source: path, indexed: true }
    const column = identifier(path)
    const list = isMany(path) ? column : undefined
    return {
      field: definition,
      type: sqlTypes[type]!,
      scalar: list ? sql`${column}[1]` : column,
      list,
    }
  }
  const asked: Asked = {
    from: verbatim('t'),
    where: verbatim('true'),
    database: database(connection),
    deadline: new AbortController().signal,
    nowMs,
    limits: defaultSearchLimits,
    field,
    fieldsLike: () => names.map((name) => field(name)!),
    condition: (query) => condition(query, field),
  }
  return {
    asked,
    async aggregations(aggs, query = { match_all: {} }, options = {}) {
      const where = condition(queryOfBody(query), field)
      const parsed = parseAggregations(aggs)
      return aggregate(parsed, { ...asked, where: sql`coalesce(${where}, false)` }, options)
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function valueOf(document: JsonRecord, path: string): JsonValue {
  let at: JsonValue | undefined = document
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at)) return null
    if (Object.hasOwn(document, path)) return document[path]!
    at = at[name]
  }
  if (at === undefined || at === null) return null
  return at
}

function condition(query: Query, field: (path: string) => Resolved | undefined): Sql {
  switch (query.kind) {
    case 'all':
      return verbatim('true')
    case 'none':
      return verbatim('false')
    case 'bool': {
      const of = (queries: readonly Query[]) => queries.map((each) => condition(each, field))
      const should = query.should.length > 0 && query.must.length + query.filter.length === 0
      return all([
        ...of([...query.must, ...query.filter]),
        ...(should ? [any(of(query.should))] : []),
        ...of(query.mustNot).map((each) => sql`not coalesce(${each}, false)`),
      ])
    }
    case 'exists':
      return valued(field(query.field), (value) => sql`${value} is not null`)
    case 'term': {
      const found = field(query.field)
      if (found?.field.type === 'ip' && String(query.values[0]).includes('/')) {
        const [address, length] = String(query.values[0]).split('/')
        const size = 2 ** (32 - Number(length))
        const network = Math.floor(ipNumber(address!) / size)
        return valued(
          found,
          (value) =>
            sql`${ipSql(value)} // ${verbatim(String(size))} = ${verbatim(String(network))}`,
        )
      }
      const values = query.values.map((value) => literal(found, value))
      return valued(found, (value) => sql`${value} in (${join(values, ', ')})`)
    }
    case 'range': {
      const found = field(query.field)
      const isIp = found?.field.type === 'ip'
      const bound = (value: Scalar) =>
        isIp ? verbatim(String(ipNumber(String(value)))) : literal(found, value)
      const { gt, gte, lt, lte } = query
      return valued(found, (value) => {
        const own = isIp ? ipSql(value) : value
        return all([
          ...(gt === undefined ? [] : [sql`${own} > ${bound(gt)}`]),
          ...(gte === undefined ? [] : [sql`${own} >= ${bound(gte)}`]),
          ...(lt === undefined ? [] : [sql`${own} < ${bound(lt)}`]),
          ...(lte === undefined ? [] : [sql`${own} <= ${bound(lte)}`]),
        ])
      })
    }
    case 'prefix':
      return valued(field(query.field), (value) => sql`starts_with(${value}, ${query.pattern})`)
    default:
      throw new Error(`the table does not know ${query.kind}`)
  }
}

function valued(found: Resolved | undefined, test: (value: Sql) => Sql): Sql {
  if (!found) return verbatim('false')
  if (!found.list) return test(found.scalar)
  return sql`coalesce(len(list_filter(${found.list}, lambda x: ${test(verbatim('x'))})), 0) > 0`
}

function literal(found: Resolved | undefined, value: Scalar): Sql {
  if (found?.field.type === 'date') return verbatim(String(Date.parse(String(value)) * 1000))
  if (found?.type === 'BOOLEAN') return verbatim(String(value) === 'true' ? 'true' : 'false')
  if (found?.type === 'VARCHAR') return sql`${String(value)}`
  return sql`${Number(value)}`
}

const ipNumber = (address: string) =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
const ipSql = (value: Sql) =>
  sql`list_reduce(list_transform(string_split(${value}, '.'), lambda p: p::BIGINT), lambda a, b: a * 256 + b)`
