import { type Bound, join, type Sql, sql, verbatim } from './sql.ts'

/** Where the values go that a query takes out of documents, and the lists out of their arrays. */
const [place, listPlace] = [verbatim('/*values*/'), verbatim('/*lists*/')]
const pieces =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*(?:values|lists)\*\/|json_extract_string\(_source, \?\)|\?/g

/** Rows with their documents, from which a query may take several values. */
export const documentRows = (from: Sql): Sql =>
  sql`(select *${listPlace} from (select *${place} from ${from}))`

/** What is computed for few rows takes its values by itself: of the others no document is to be parsed. */
export const seldom = ({ text, values }: Sql): Sql => ({
  text: text.replaceAll('json_extract_string(_source, ?)', 'json_extract_string((_source), ?)'),
  values,
})

/**
 * The same query with all the values it takes out of a document taken at once, where it takes several: each
 * taking parses the document anew, and keeps memory for a thousand parsed ones (50 MB of documents of 5 KB). Lists
 * of values under one array are taken together out of that.
 */
export function readOnce(query: Sql): Sql {
  const values = new Paths()
  const arrays = new Paths()
  const lists = new Map<string, Paths>()
  let isOfDocuments = false
  const asItStands = rewritten(query, (piece) => {
    isOfDocuments ||= piece.text === place.text
    if (isPlace(piece)) return verbatim('')
    const list = listOf(piece)
    if (list) {
      arrays.add(list.array)
      lists.set(list.array, (lists.get(list.array) ?? new Paths()).add(list.path))
    } else if (isTaken(piece)) values.add(String(piece.values[0]))
    return piece
  })
  const taken = values.count + [...lists.values()].reduce((sum, { count }) => sum + count, 0)
  if (!isOfDocuments || taken < 2) return asItStands
  return rewritten(query, (piece) => {
    if (piece.text === place.text) {
      return sql`${column(values, 'json_extract_string', '_values')}${column(arrays, 'json_extract', '_arrays')}`
    }
    if (piece.text === listPlace.text) return listColumn(arrays, lists)
    const list = listOf(piece)
    if (list) {
      const [at, place] = [arrays.place(list.array), lists.get(list.array)!.place(list.path)]
      return verbatim(`list_transform(_lists[${at}], lambda _one: _one[${place}])`)
    }
    if (!isTaken(piece)) return piece
    return verbatim(`_values[${values.place(String(piece.values[0]))}]`)
  })
}

/** Paths that are taken out of a document at once, each at its place. */
class Paths {
  readonly #places = new Map<string, number>()
  /** Of all that was added, also twice. */
  count = 0

  add(path: string): this {
    this.count += 1
    if (!this.#places.has(path)) this.#places.set(path, this.#places.size + 1)
    return this
  }

  place(path: string): number {
    return this.#places.get(path)!
  }

  get all(): Sql {
    return join(
      [...this.#places.keys()].map((path) => sql`${path}`),
      ', ',
    )
  }
}

// A CASE with chance in it is what keeps DuckDB from computing them again in each condition that uses one.
const kept = (value: Sql, name: string): Sql =>
  sql`, case when random() >= 0 then ${value} end as ${verbatim(name)}`

const column = (paths: Paths, take: 'json_extract' | 'json_extract_string', name: string): Sql =>
  paths.count === 0 ? verbatim('') : kept(sql`${verbatim(take)}(_source, [${paths.all}])`, name)

/** By array and element the values under it, in the order of the paths. */
function listColumn(arrays: Paths, lists: ReadonlyMap<string, Paths>): Sql {
  if (lists.size === 0) return verbatim('')
  const each = [...lists].map(([array, paths]) => {
    const elements = verbatim(`json_extract(_arrays[${arrays.place(array)}], '$[*]')`)
    return sql`list_transform(${elements}, lambda _element: json_extract_string(_element, [${paths.all}]))`
  })
  return kept(sql`[${join(each, ', ')}]`, '_lists')
}

const isPlace = ({ text }: Sql): boolean => text === place.text || text === listPlace.text

const isTaken = ({ text, values: [path] }: Sql): boolean =>
  text.startsWith('json') && typeof path === 'string' && !path.includes('[*]')

/** Of a piece that takes a list: the path to the array, and that from each element on. */
function listOf({ text, values: [path] }: Sql): { array: string; path: string } | undefined {
  if (!text.startsWith('json') || typeof path !== 'string') return undefined
  const [, array, rest] = /^((?:\$|\."[^"]*")+)\[\*\]((?:\."[^"]*")*)$/s.exec(path) ?? []
  return array === undefined ? undefined : { array, path: `$${rest}` }
}

/** Replaces the pieces of a query that matter here, each with its bound value; texts and names stay as they are. */
function rewritten({ text, values }: Sql, replace: (piece: Sql) => Sql): Sql {
  const bound: Bound[] = []
  let at = 0
  const written = text.replace(pieces, (piece) => {
    if (piece.startsWith("'") || piece.startsWith('"')) return piece
    const own = piece.startsWith('/*') ? [] : [values[at++]!]
    const replaced = replace({ text: piece, values: own })
    bound.push(...replaced.values)
    return replaced.text
  })
  return { text: written, values: bound }
}
