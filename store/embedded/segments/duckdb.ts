import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { typesOf } from '../database.ts'
import { type Sql, verbatim } from '../sql.ts'

export interface EngineLimits {
  /** Bytes that DuckDB may take. */
  readonly memory: number
  readonly threads: number
  /** Whether it remembers footers: of a file of a million rows 0.7 MB, of which it counts an eighth. */
  readonly remembersFooters?: boolean
}

/**
 * DuckDB in this process, without a database file of its own, closed to everything but `folder`: no other
 * files, no network, no extensions, and nobody can open it again.
 */
export async function openDuckDB(
  folder: string,
  temporary: string,
  { memory, threads, remembersFooters = false }: EngineLimits,
): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.floor(memory / 2 ** 20)}MiB`,
    threads: String(threads),
    temp_directory: temporary,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  const path = folder.replaceAll("'", "''")
  await connection.run(`set allowed_directories = ['${path}/']`)
  // Files do not change: what is known of one stays so. Without `global` it were for this connection.
  await connection.run(`set global parquet_metadata_cache = ${remembersFooters}`)
  await connection.run('set enable_external_access = false')
  await connection.run('set lock_configuration = true')
  connection.closeSync()
  return instance
}

/** Runs SQL with bound values, for what it does. */
export async function execute(connection: DuckDBConnection, { text, values }: Sql): Promise<void> {
  await connection.run(text, [...values], typesOf(values))
}

/** A path of the store's own, where DuckDB takes no bound value: behind `COPY … TO`. */
export const pathLiteral = (path: string): Sql => verbatim(`'${path.replaceAll("'", "''")}'`)
