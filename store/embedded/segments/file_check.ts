import type { DuckDBConnection } from '@duckdb/node-api'
import { messageOf } from '../../../core/errors.ts'
import type { Files } from '../../../core/files.ts'
import { database } from '../database.ts'
import { isPassing } from '../memory.ts'
import { type Sql, sql } from '../sql.ts'
import { checksumOf } from './checksums.ts'

/** A Parquet file of the store, as its manifest knows it. */
export interface KnownFile {
  readonly path: string
  /** Undefined: nobody knows. */
  readonly rows: number | undefined
  /** Its CRC-32; undefined for a file of before they were kept. */
  readonly checksum: number | undefined
  /** Of every column, so that all of them are read: an aggregate each. */
  readonly values: Sql
}

/** Characters. DuckDB shows what it cannot read, whole pages of events. */
const reasonMax = 200

interface FileWorld {
  readonly files: Files
  readonly connected: <T>(action: (connection: DuckDBConnection) => Promise<T>) => Promise<T>
}

/**
 * Reads every value of a file.
 *
 * @returns why it is damaged; undefined when it is not, or when `deadline` ended the look.
 * @throws what says nothing of the file, such as too little memory.
 */
export async function whatIsWrong(
  { files, connected }: FileWorld,
  { path, rows, checksum, values }: KnownFile,
  deadline: AbortSignal,
): Promise<string | undefined> {
  try {
    const size = await files.size(path)
    if (size === undefined) return 'the file is missing'
    if (size === 0) return 'the file is empty'
    if (checksum !== undefined && (await checksumOf(files, path)) !== checksum)
      return 'its checksum is not that of what was written'
    const read = sql`select count(*) as rows, ${values} from read_parquet(${path})`
    const [found] = await connected((each) => database(each).rows(read, deadline))
    const counted = Number(found!['rows'])
    if (rows === undefined || counted === rows) return undefined
    return `it has ${counted} rows, and should have ${rows}`
  } catch (failure) {
    if (deadline.aborted) return undefined
    if (isPassing(failure)) throw failure
    const message = messageOf(failure)
    return message.length > reasonMax ? `${message.slice(0, reasonMax)}…` : message
  }
}
