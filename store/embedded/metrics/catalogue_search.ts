import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { SeriesFilter, SeriesInfo, SeriesKey, SeriesQuery, TreeNode } from '../../metrics.ts'
import { type PointType, pointTypes } from '../../points.ts'
import { SearchError } from '../../search.ts'
import { type NamePart, parseGlob } from '../../name_glob.ts'
import { walk } from './name_walk.ts'
import type { SeriesRow } from './series_cursor.ts'

/** When a series was last seen is written down no more often than this. */
const slackMs = 600_000

/** Looks series up in the catalogue, with a connection of its own; long ways are gone with rests. */
export class CatalogueSearch {
  readonly database: DatabaseSync

  constructor(path: string) {
    this.database = new DatabaseSync(path, { readOnly: true })
    this.database.exec('pragma busy_timeout = 5000; pragma cache_size = -16000')
  }

  close(): void {
    this.database.close()
  }

  /** By glob. @throws SearchError 400, or the deadline's reason. */
  async find(query: SeriesQuery & { glob: string }, deadline: AbortSignal): Promise<SeriesInfo[]> {
    const parts = parseGlob(query.glob)
    const found: SeriesInfo[] = []
    for (const type of query.types ?? pointTypes) {
      let left = query.limit
      await this.#walk(type, parts, true, deadline, (_, leaf) => {
        if (!leaf || !isWithin(leaf, query)) return true
        found.push(infoOf(leaf, type))
        left -= 1
        return left > 0
      })
    }
    return found.toSorted(bySeries).slice(0, query.limit)
  }

  /** The nodes whose path fits. @throws SearchError 400, or the deadline's reason. */
  async children(
    query: SeriesFilter & { readonly glob: string; readonly limit: number },
    deadline: AbortSignal,
  ): Promise<TreeNode[]> {
    const parts = parseGlob(query.glob)
    const isTimed = query.fromMs !== undefined || query.untilMs !== undefined
    const nodes = new Map<string, { types: Set<PointType>; isBranch: boolean }>()
    for (const type of query.types ?? pointTypes) {
      const own = new Set<string>()
      await this.#walk(type, parts, isTimed, deadline, (path, leaf) => {
        if (leaf && !isWithin(leaf, query)) return true
        if (!own.has(path) && own.size === query.limit) return false
        own.add(path)
        const node = nodes.get(path) ?? { types: new Set(), isBranch: false }
        nodes.set(path, node)
        if (leaf) node.types.add(type)
        else node.isBranch = true
        return true
      })
    }
    return [...nodes]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, query.limit)
      .map(([path, { types, isBranch }]) => {
        return { path, name: path.slice(path.lastIndexOf('.') + 1), types: [...types], isBranch }
      })
  }

  /** What is known of series by their whole names, in the order of `keys`. */
  known(keys: readonly SeriesKey[]): (SeriesRow | undefined)[] {
    const read = this.database.prepare(
      'select id, series, first_ms, last_ms, interval_ms from series where type = ? and series = ?',
    )
    return keys.map(({ type, series }) => {
      return read.get(pointTypes.indexOf(type), series) as unknown as SeriesRow | undefined
    })
  }

  /** @param visit says whether to go on. */
  async #walk(
    type: PointType,
    parts: readonly NamePart[],
    isEach: boolean,
    deadline: AbortSignal,
    visit: (path: string, leaf: SeriesRow | undefined) => boolean,
  ): Promise<void> {
    const number = pointTypes.indexOf(type)
    if (number < 0) throw new SearchError(400, 'illegal_argument_exception', `no type "${type}"`)
    for (const visited of walk(this.database, number, parts, isEach)) {
      if (!visited) {
        await setImmediate()
        deadline.throwIfAborted()
        continue
      }
      if (!visit(visited.path, visited.leaf)) return
    }
  }
}

/** Whether a series may have points of the time that is asked for. */
export function isWithin(row: SeriesRow, { fromMs, untilMs }: SeriesFilter): boolean {
  if (fromMs !== undefined && row.last_ms + slackMs < fromMs) return false
  return untilMs === undefined || row.first_ms < untilMs
}

export const infoOf = (row: SeriesRow, type: PointType): SeriesInfo => ({
  series: row.series,
  type,
  firstMs: row.first_ms,
  lastMs: row.last_ms,
})

export const bySeries = (a: SeriesKey, b: SeriesKey): number =>
  a.series < b.series ? -1 : a.series > b.series ? 1 : a.type < b.type ? -1 : 1
