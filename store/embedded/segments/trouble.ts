import { promotedColumns } from '../columns.ts'
import { type Sql, verbatim } from '../sql.ts'
import type { LineScanner } from './line_scanner.ts'

const columnOf = (name: string) => promotedColumns.findIndex(({ path }) => path === name)
const levelColumn = columnOf('log.level')
const statusColumn = columnOf('http.response.status_code')
const quote = 34
const four = 52
/** What levels from warnings on begin with: warn, err, crit, alert, fatal, panic, emerg. */
const letters = ['w', 'e', 'c', 'a', 'f', 'p']
const isLetter = new Uint8Array(256)
for (const letter of letters) {
  isLetter[letter.charCodeAt(0)] = 1
  isLetter[letter.toUpperCase().charCodeAt(0)] = 1
}

/**
 * Whether the document that was scanned last tells of trouble: by its `log.level`, or an HTTP status of 400 and more. They
 * are few mostly, and looked for most: in row groups of their own, whose bounds say so, they are found without reading the
 * others. Nothing else depends on it.
 */
export function isTrouble({ starts, ends }: LineScanner, source: Uint8Array): boolean {
  const status = starts[statusColumn]!
  if (status !== 0 && ends[statusColumn] === status + 3 && source[status]! >= four) return true
  const level = starts[levelColumn]!
  return level !== 0 && source[level] === quote && isLetter[source[level + 1]!] === 1
}

/** The same of a row; never NULL. */
export const troubleSql: Sql = verbatim(
  `(coalesce("http.response.status_code" between 400 and 999, false)
    or coalesce(lower(left("log.level", 1)) in (${letters.map((letter) => `'${letter}'`).join(', ')}), false))`,
)
