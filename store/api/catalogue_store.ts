import type { DatabaseSync } from 'node:sqlite'
import type { JsonRecord } from '../search.ts'

/** What clients tell Weir to keep, beside documents. */
export type CatalogueKind =
  | 'index'
  | 'index_template'
  | 'component_template'
  | 'legacy_template'
  | 'pipeline'
  | 'ilm_policy'
  | 'cluster_settings'

/** Named JSON by kind, in memory and on disk. */
export interface CatalogueStore {
  get(kind: CatalogueKind, name: string): JsonRecord | undefined
  all(kind: CatalogueKind): ReadonlyMap<string, JsonRecord>
  /** Durable when it returns. */
  put(kind: CatalogueKind, name: string, body: JsonRecord): void
  /** @returns whether it was there. */
  delete(kind: CatalogueKind, name: string): boolean
  /** Puts several, or deletes those without a body: all of them or none. */
  change(kind: CatalogueKind, bodies: ReadonlyMap<string, JsonRecord | undefined>): void
}

export function catalogueStore(sqlite: DatabaseSync): CatalogueStore {
  const kinds = new Map<string, Map<string, JsonRecord>>()
  const ofKind = (kind: string) => {
    const known = kinds.get(kind) ?? new Map<string, JsonRecord>()
    kinds.set(kind, known)
    return known
  }
  for (const row of sqlite.prepare('select kind, name, body from item').all()) {
    ofKind(String(row['kind'])).set(String(row['name']), JSON.parse(String(row['body'])))
  }
  const upsert = sqlite.prepare('insert or replace into item (kind, name, body) values (?, ?, ?)')
  const remove = sqlite.prepare('delete from item where kind = ? and name = ?')
  /** The ids do without: they are in the journal as well. */
  const durably = (change: () => void) => {
    sqlite.exec('pragma synchronous = full')
    try {
      change()
    } finally {
      sqlite.exec('pragma synchronous = normal')
    }
  }
  return {
    get: (kind, name) => ofKind(kind).get(name),
    all: (kind) => ofKind(kind),
    put(kind, name, body) {
      durably(() => upsert.run(kind, name, JSON.stringify(body)))
      ofKind(kind).set(name, body)
    },
    delete(kind, name) {
      durably(() => remove.run(kind, name))
      return ofKind(kind).delete(name)
    },
    change(kind, bodies) {
      durably(() => {
        sqlite.exec('begin')
        try {
          for (const [name, body] of bodies) {
            if (body) upsert.run(kind, name, JSON.stringify(body))
            else remove.run(kind, name)
          }
          sqlite.exec('commit')
        } catch (failure) {
          if (sqlite.isTransaction) sqlite.exec('rollback')
          throw failure
        }
      })
      for (const [name, body] of bodies) {
        if (body) ofKind(kind).set(name, body)
        else ofKind(kind).delete(name)
      }
    },
  }
}
