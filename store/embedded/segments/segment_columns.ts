import { type Sql, verbatim } from '../sql.ts'

/** How segments are written; docs/formats/segments.md §3. */
export const parquetOptions = (merged: boolean): Sql =>
  // What is merged soon is not worth much work. A column of a row group is one page: whoever wants one document
  // unpacks those of a whole row group.
  verbatim(
    `format parquet, compression zstd, compression_level ${merged ? 5 : 1}, parquet_version 'v2', row_group_size 40960, dictionary_size_limit 2000`,
  )
