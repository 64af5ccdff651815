import type { DatabaseSync } from 'node:sqlite'
import type { NamePart } from '../../name_glob.ts'
import { compareBytes, SeriesCursor, type SeriesRow } from './series_cursor.ts'

/** A place that a walk comes by. */
export interface Visited {
  /** As many parts of the name as the glob has. */
  readonly path: string
  /** A series of this very name, tags aside; undefined: there is something below it. */
  readonly leaf: SeriesRow | undefined
}

/**
 * Goes through the names of one type that fit the parts of a glob, over what does not. What is below a place is
 * not gone into. Undefined now and then: a moment to rest.
 *
 * @param isEach whether every tagged series of a name is wanted, or one of them.
 */
export function* walk(
  database: DatabaseSync,
  type: number,
  parts: readonly NamePart[],
  isEach: boolean,
): Generator<Visited | undefined> {
  const cursor = new SeriesCursor(database, type)
  const literals = parts.findIndex(({ literal }) => literal === undefined)
  const known = literals < 0 ? parts : parts.slice(0, literals)
  const start = known.map(({ literal }) => literal).join('.')
  cursor.seek(start)
  for (let count = 1; cursor.row; count++) {
    if (count % 500 === 0) yield undefined
    const { series } = cursor.row
    if (!series.startsWith(start)) return
    const end = series.indexOf(';')
    const names = (end < 0 ? series : series.slice(0, end)).split('.')
    const depth = parts.findIndex((part, place) => {
      return names[place] === undefined || !part.fits(names[place])
    })
    if (depth >= 0) skip(cursor, names, depth, series, parts[depth]!.literal)
    else if (names.length > parts.length) {
      const path = names.slice(0, parts.length).join('.')
      yield { path, leaf: undefined }
      cursor.seek(`${path}/`)
    } else {
      const path = names.join('.')
      yield { path, leaf: cursor.row }
      if (isEach || end < 0) cursor.next()
      else cursor.seek(`${path}<`)
    }
  }
}

/**
 * Over everything whose parts up to the one at `depth` are the same: they do not fit either. Where one text alone
 * fits, straight to it, or behind where it would be.
 */
function skip(
  cursor: SeriesCursor,
  names: readonly string[],
  depth: number,
  series: string,
  literal: string | undefined,
): void {
  const own = names[depth]
  const above = names.slice(0, depth).join('.')
  const same = names.slice(0, depth + 1).join('.')
  if (literal !== undefined && own !== undefined && depth > 0) {
    const wanted = `${above}.${literal}`
    // Behind this one, since a dot comes after some characters that a part may go on with.
    if (compareBytes(wanted, series) > 0) return cursor.seek(wanted)
    if (!own.startsWith(literal) && !literal.startsWith(own)) return cursor.seek(`${above}/`)
  }
  // The character after a dot, and the one after a semicolon.
  if (names.length > depth + 1) cursor.seek(`${same}/`)
  else if (series.length > same.length) cursor.seek(`${same}<`)
  else cursor.next()
}
