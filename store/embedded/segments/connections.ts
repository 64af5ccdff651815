import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

interface Opened {
  readonly duckdb: DuckDBInstance
  readonly idle: DuckDBConnection[]
  lent: number
}

/** Connections to one DuckDB, used again. */
export class Connections {
  #opened: Opened

  constructor(duckdb: DuckDBInstance) {
    this.#opened = { duckdb, idle: [], lent: 0 }
  }

  async lent<T>(action: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const opened = this.#opened
    opened.lent += 1
    try {
      const connection = opened.idle.pop() ?? (await opened.duckdb.connect())
      try {
        return await action(connection)
      } finally {
        opened.idle.push(connection)
      }
    } finally {
      opened.lent -= 1
      if (opened !== this.#opened && opened.lent === 0) closeAll(opened)
    }
  }

  /** Puts another DuckDB in the place of this one, which goes with all it remembers once nobody uses it. */
  replace(duckdb: DuckDBInstance): void {
    const before = this.#opened
    this.#opened = { duckdb, idle: [], lent: 0 }
    if (before.lent === 0) closeAll(before)
  }

  close(): void {
    closeAll(this.#opened)
  }
}

function closeAll({ duckdb, idle }: Opened): void {
  for (const connection of idle) connection.closeSync()
  duckdb.closeSync()
}
