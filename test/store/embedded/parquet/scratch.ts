import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

/** A folder, and a DuckDB beside it; both go with the tests of a file. */
export class Scratch {
  readonly #folder: string
  #files = 0
  #connection: DuckDBConnection | undefined

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** To be called outside of tests. @param name of the folder. */
  static forTests(name: string): Scratch {
    const folder = mkdtempSync(join(tmpdir(), `weir-${name}-`))
    const scratch = new Scratch(folder)
    let duckdb: DuckDBInstance
    beforeAll(async () => {
      duckdb = await DuckDBInstance.create(':memory:')
      scratch.#connection = await duckdb.connect()
    })
    afterAll(() => {
      scratch.#connection?.closeSync()
      duckdb.closeSync()
      rmSync(folder, { recursive: true })
    })
    return scratch
  }

  get connection(): DuckDBConnection {
    return this.#connection!
  }

  /** A name of its own, as segments have: DuckDB keeps what it read, and knows a file by its name and time. */
  newPath(): string {
    return join(this.#folder, `${this.#files++}.parquet`)
  }
}
