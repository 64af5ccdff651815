import { promotedColumns } from '../columns.ts'
import { identifier, join, type Sql, sql, verbatim } from '../sql.ts'
import { delimiter, type RowFacts } from './row_file.ts'

/** How segments are written; docs/formats/segments.md §3. */
export const parquetOptions = (merged: boolean): Sql =>
  // What is merged soon is not worth much work. A column of a row group is one page: whoever wants one document
  // unpacks those of a whole row group.
  verbatim(
    `format parquet, compression zstd, compression_level ${merged ? 5 : 1}, parquet_version 'v2', row_group_size 40960, dictionary_size_limit 2000`,
  )

/** The rows of a row file with the columns of a segment. */
export function rowsOfFile(path: string, facts: RowFacts): Sql {
  const columns = [
    `'part': 'INTEGER', 'ordinal': 'INTEGER', 'spill': 'INTEGER', 'time': 'VARCHAR', 'seq': 'BIGINT', 'id': 'VARCHAR'`,
    ...promotedColumns.map((_, column) => `'c${column}': 'VARCHAR'`),
    `'source': 'VARCHAR'`,
  ]
  // Room for the longest row, and no more: DuckDB takes several times as much.
  const longest = facts.longestRow + 1_000
  const reader = sql`read_csv(${path}, delim = ${delimiter}, quote = '', escape = '', comment = '', header = false,
    auto_detect = false, nullstr = '', new_line = '\\n', strict_mode = false, columns = ${verbatim(`{${columns.join(', ')}}`)},
    max_line_size = ${verbatim(String(longest))}, buffer_size = ${verbatim(String(Math.max(4_000_000, longest * 2)))})`
  const promoted = promotedColumns.map(({ path: name, type }, column) => {
    const raw = verbatim(`c${column}`)
    const isEscaped = (facts.escaped & (1 << column)) !== 0
    const text = isEscaped
      ? sql`case when starts_with(${raw}, '"') then json_extract_string(${raw}, '$') else ${raw} end`
      : raw
    return sql`${type === 'BIGINT' ? sql`try_cast(${text} as bigint)` : text} as ${identifier(name)}`
  })
  const texts = (all: readonly string[]) =>
    join(
      all.map((each) => sql`${each}`),
      ', ',
    )
  const spills = facts.spills.map((bits) =>
    bits === 0 ? verbatim('null') : sql`list_value(${texts(pathsOf(bits))})`,
  )
  return sql`select list_value(${texts(facts.parts.map(({ stream }) => stream))})[part] as _stream,
    try_cast("time" as timestamp) as "@timestamp",
    list_value(${texts(facts.parts.map(({ journal }) => journal))})[part] as _journal,
    ordinal as _ordinal, json_extract_string(id, '$') as _id, seq as _seq,
    cast(list_value(${join(spills, ', ')})[spill] as varchar[]) as _spilled,
    ${join(promoted, ', ')}, source as _source
    from ${reader}`
}

/** The promoted paths of a set of bits. */
const pathsOf = (bits: number): string[] =>
  promotedColumns.flatMap(({ path }, column) => ((bits & (1 << column)) === 0 ? [] : [path]))
