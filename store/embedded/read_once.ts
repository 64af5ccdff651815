import { type Bound, join, type Sql, sql, verbatim } from './sql.ts'

/** Where the values go that a query takes out of documents. */
const place = verbatim('/*values*/')
const pieces = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*values\*\/|json_extract_string\(_source, \?\)|\?/g

/** Rows with their documents, from which a query may take several values. */
export const documentRows = (from: Sql): Sql => sql`(select *${place} from ${from})`

/** What is computed for few rows takes its values by itself: of the others no document is to be parsed. */
export const seldom = ({ text, values }: Sql): Sql => ({
  text: text.replaceAll('json_extract_string(_source, ?)', 'json_extract_string((_source), ?)'),
  values,
})

/**
 * The same query with all the values it takes out of a document taken at once, where it takes several: each
 * taking parses the document anew, and keeps memory for a thousand parsed ones (50 MB of documents of 5 KB).
 */
export function readOnce(query: Sql): Sql {
  const taken: Bound[] = []
  let isOfDocuments = false
  const asItStands = rewritten(query, (piece) => {
    if (isTaken(piece)) taken.push(piece.values[0]!)
    if (piece.text !== place.text) return piece
    isOfDocuments = true
    return verbatim('')
  })
  if (!isOfDocuments || taken.length < 2) return asItStands
  const paths = [...new Set(taken)]
  const bound = paths.map((path) => sql`${path}`)
  // A CASE with chance in it is what keeps DuckDB from computing them again in each condition that uses one.
  const values = sql`, case when random() >= 0 then json_extract_string(_source, [${join(bound, ', ')}]) end as _values`
  return rewritten(query, (piece) => {
    if (piece.text === place.text) return values
    return isTaken(piece) ? verbatim(`_values[${paths.indexOf(piece.values[0]!) + 1}]`) : piece
  })
}

/** Whether a piece takes one value. Paths with `[*]` take lists, which stand for themselves. */
const isTaken = ({ text, values: [path] }: Sql): boolean =>
  text.startsWith('json') && !(typeof path === 'string' && path.includes('[*]'))

/** Replaces the pieces of a query that matter here, each with its bound value; texts and names stay as they are. */
function rewritten({ text, values }: Sql, replace: (piece: Sql) => Sql): Sql {
  const bound: Bound[] = []
  let at = 0
  const written = text.replace(pieces, (piece) => {
    if (piece.startsWith("'") || piece.startsWith('"')) return piece
    const own = piece === place.text ? [] : [values[at++]!]
    const replaced = replace({ text: piece, values: own })
    bound.push(...replaced.values)
    return replaced.text
  })
  return { text: written, values: bound }
}
