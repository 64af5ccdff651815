import { DatabaseSync } from 'node:sqlite'
import { constants, zstdCompressSync } from 'node:zlib'
import { isDiskFailure } from '../../../core/disk_failure.ts'
import { WeirError } from '../../../core/errors.ts'
import { unknownField } from '../../document_values.ts'
import {
  Conflict,
  type Document,
  type DocumentKind,
  type Documents,
  type DocumentVersion,
  type FindRequest,
  type Found,
} from '../../documents.ts'
import type { JsonRecord } from '../../search.ts'
import { allOf, behind, columnName, orderOf, whereOf } from './conditions.ts'
import { columnsOf, type Column } from './fields.ts'
import { bodyOf, prepareFile, prepareKind, tableName } from './schema.ts'

/** A change that waits for the next transaction. */
interface Change {
  /** Runs inside the transaction; returns what `resolve` gets. */
  readonly apply: () => unknown
  readonly resolve: (result: never) => void
  readonly reject: (failure: unknown) => void
}

const findMax = 10_000
const zstd = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Documents in one SQLite file: a table for each kind with a column and an index for each declared field,
 * bodies compressed with zstd (docs/formats/documents.md). Changes of the same turn of the event loop share
 * one transaction and one sync.
 */
export class SqliteDocuments implements Documents {
  readonly #path: string
  #database: DatabaseSync | undefined
  #changes: Change[] = []
  /** By name: as each kind was last declared. */
  readonly #prepared = new Map<string, DocumentKind>()

  /** @param path of the file; its folder exists. */
  constructor(path: string) {
    this.#path = path
  }

  /** @throws WeirError when the file is damaged, or a newer Weir wrote it; what SQLite says when the disk fails. */
  async start(): Promise<void> {
    const database = new DatabaseSync(this.#path)
    try {
      database.exec(
        'pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000',
      )
      const damage = database.prepare('pragma quick_check(1)').get()?.['quick_check']
      if (damage !== 'ok') throw new Error(String(damage))
      prepareFile(database, this.#path)
    } catch (failure) {
      database.close()
      if (failure instanceof WeirError || isDiskFailure(failure)) throw failure
      const text = `${this.#path} is damaged (${String(failure)}): restore it from a backup, or move it away to begin anew`
      throw new WeirError('WEIR_STORE_DAMAGED', text, { cause: failure })
    }
    this.#database = database
  }

  async stop(): Promise<void> {
    this.#commit()
    this.#database?.close()
    this.#database = undefined
  }

  async get(kind: DocumentKind, id: string): Promise<Document | undefined> {
    const row = this.#open(kind)
      .prepare(`select id, version, body from ${tableName(kind)} where id = ?`)
      .get(id)
    return row && documentOf(row)
  }

  async put(
    kind: DocumentKind,
    id: string,
    body: JsonRecord,
    expected?: DocumentVersion | null,
  ): Promise<DocumentVersion> {
    const database = this.#open(kind)
    const bytes = Buffer.byteLength(id)
    if (bytes === 0 || bytes > 512) throw new TypeError('an id has 1 to 512 bytes')
    const columns = columnsOf(kind, body)
    const compressed = zstdCompressSync(JSON.stringify(body), zstd)
    const names = Object.keys(kind.fields).map(columnName)
    const marks = Array.from({ length: names.length + 3 }, () => '?').join(', ')
    const sql = `insert or replace into ${tableName(kind)} (${['id', 'version', 'body', ...names].join(', ')}) values (${marks})`
    return await this.#change(() => {
      this.#expect(kind, id, expected)
      const { version } = database
        .prepare('update counter set version = version + 1 returning version')
        .get() as { version: number }
      database.prepare(sql).run(id, version, compressed, ...columns)
      return String(version) as DocumentVersion
    })
  }

  async delete(kind: DocumentKind, id: string, expected?: DocumentVersion): Promise<void> {
    const database = this.#open(kind)
    await this.#change(() => {
      this.#expect(kind, id, expected)
      database.prepare(`delete from ${tableName(kind)} where id = ?`).run(id)
      return undefined
    })
  }

  async find(kind: DocumentKind, request: FindRequest): Promise<Found> {
    const { where, sort = [], limit, after } = request
    if (!Number.isInteger(limit) || limit < 1 || limit > findMax) {
      throw new RangeError(`limit is 1 to ${findMax}`)
    }
    for (const { field } of sort)
      if (!(field in kind.fields)) throw unknownField(kind, field, 'sorted')
    const conditions = [whereOf(kind, where)]
    if (after !== undefined) {
      const { values, id } = cursorOf(after, sort.length)
      conditions.push(behind(sort, values, id))
    }
    const { text, values } = allOf(conditions)
    const keys = sort.map(({ field }) => `, ${columnName(field)}`).join('')
    const sql = `select id, version, body${keys} from ${tableName(kind)} where ${text} order by ${orderOf(sort)} limit ?`
    const statement = this.#open(kind).prepare(sql)
    statement.setReturnArrays(true)
    const rows = statement.all(...values, limit + 1) as unknown as Column[][]
    const documents = rows.slice(0, limit).map(([id, version, body]) => {
      return documentOf({ id: id!, version: version!, body: body as unknown as Uint8Array })
    })
    const last = rows.length > limit ? rows[limit - 1]! : undefined
    if (!last) return { documents }
    const cursor = JSON.stringify([...last.slice(3), last[0]])
    return { documents, next: Buffer.from(cursor).toString('base64url') }
  }

  async count(kind: DocumentKind, where?: FindRequest['where']): Promise<number> {
    const { text, values } = whereOf(kind, where)
    const row = this.#open(kind)
      .prepare(`select count(*) as documents from ${tableName(kind)} where ${text}`)
      .get(...values)
    return row!['documents'] as number
  }

  /** The open file, with the kind's table as it is declared now. */
  #open(kind: DocumentKind): DatabaseSync {
    const database = this.#database
    if (!database) throw new WeirError('WEIR_NOT_RUNNING', 'the store is not open')
    if (this.#prepared.get(kind.name) === kind) return database
    this.#commit()
    prepareKind(database, kind)
    this.#prepared.set(kind.name, kind)
    return database
  }

  #expect(kind: DocumentKind, id: string, expected: DocumentVersion | null | undefined): void {
    if (expected === undefined) return
    const row = this.#database!.prepare(`select version from ${tableName(kind)} where id = ?`).get(
      id,
    )
    const found = row === undefined ? null : String(row['version'])
    if (found !== expected) throw new Conflict(kind.name, id)
  }

  #change<Result>(apply: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#changes.length === 0) setImmediate(() => this.#commit())
      this.#changes.push({ apply, resolve: resolve as Change['resolve'], reject })
    })
  }

  /** Everything that waits, in one transaction; a conflict is that change's alone. */
  #commit(): void {
    const changes = this.#changes
    this.#changes = []
    const database = this.#database
    if (changes.length === 0 || !database) return
    const settle: (() => void)[] = []
    try {
      database.exec('begin immediate')
      for (const { apply, resolve, reject } of changes) {
        try {
          const result = apply()
          settle.push(() => resolve(result as never))
        } catch (failure) {
          if (!(failure instanceof Conflict)) throw failure
          settle.push(() => reject(failure))
        }
      }
      database.exec('commit')
    } catch (failure) {
      if (database.isTransaction) database.exec('rollback')
      for (const { reject } of changes) reject(failure)
      return
    }
    for (const each of settle) each()
  }
}

function documentOf(row: Record<string, unknown>): Document {
  const { id, version, body } = row
  return {
    id: String(id),
    version: String(version) as DocumentVersion,
    body: bodyOf(body as Uint8Array),
  }
}

function cursorOf(after: string, keys: number): { values: Column[]; id: string } {
  const bad = () => new TypeError('`after` is not the `next` of an earlier answer')
  try {
    const parts = JSON.parse(Buffer.from(after, 'base64url').toString()) as Column[]
    const id = parts.at(-1)
    if (!Array.isArray(parts) || parts.length !== keys + 1 || typeof id !== 'string') throw bad()
    return { values: parts.slice(0, -1), id }
  } catch {
    throw bad()
  }
}
