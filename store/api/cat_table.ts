import type { JsonRecord } from '../search.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { wantsJson } from './media_type.ts'
import type { Answer, Call } from './route.ts'
import { namePattern } from './name_pattern.ts'

/** A value of a `_cat` table: text, or a number of bytes or of whatever else. */
export type Cell = string | number | { readonly bytes: number }

/** A column of a `_cat` table. */
export interface Column<Row> {
  readonly name: string
  /** What else it may be called in `h` and `s`. */
  readonly aliases?: readonly string[]
  /** Not shown unless asked for. */
  readonly isExtra?: boolean
  readonly of: (row: Row) => Cell
}

/** Parameters of all `_cat` routes. */
export const catParameters = ['v', 'h', 's', 'help', 'bytes', 'time', 'local', 'master_timeout']

/** Writes a table as `_cat` does: text, columns aligned, or JSON of texts. @throws SearchError */
export function catAnswer<Row>(
  call: Call,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Answer {
  const { query } = call
  if (query.flag('help') === true) return helpOf(columns)
  const shown = shownColumns(columns, query.list('h'))
  const sorted = sortedRows(columns, rows, query.list('s') ?? [])
  const unit = unitOf(query.text('bytes'))
  const format = query.text('format') ?? (wantsJson(call.accept) ? 'json' : 'text')
  const texts = sorted.map((row) => shown.map((column) => textOf(column.of(row), unit)))
  if (format === 'json') {
    const body = texts.map((row) => {
      return Object.fromEntries(row.map((text, at) => [shown[at]!.name, text])) as JsonRecord
    })
    return { body }
  }
  if (format !== 'text')
    throw illegalArgument(`[format=${format}] is not supported: use text or json`)
  const header = query.flag('v') === true ? [shown.map(({ name }) => name)] : []
  const numeric = shown.map((column) => sorted.some((row) => typeof column.of(row) !== 'string'))
  return { type: 'text/plain; charset=UTF-8', body: aligned([...header, ...texts], numeric) }
}

function helpOf<Row>(columns: readonly Column<Row>[]): Answer {
  const lines = columns.map(({ name, aliases = [] }) => [name, '|', aliases.join(',')])
  return { type: 'text/plain; charset=UTF-8', body: aligned(lines, []) }
}

function shownColumns<Row>(columns: readonly Column<Row>[], wanted: string[] | undefined) {
  if (!wanted) return columns.filter(({ isExtra }) => !isExtra)
  return wanted.flatMap((each) => {
    const fits = namePattern(each)
    return columns.filter(
      ({ name, aliases = [] }) => fits.test(name) || aliases.some((alias) => alias === each),
    )
  })
}

function sortedRows<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  sort: string[],
): Row[] {
  const keys = sort.map((each) => {
    const [name = '', order = 'asc'] = each.split(':')
    const column = columns.find((one) => one.name === name || one.aliases?.includes(name))
    if (!column) throw illegalArgument(`Unable to sort by unknown sort key \`${name}\``)
    return { column, sign: order === 'desc' ? -1 : 1 }
  })
  return rows.toSorted((a, b) => {
    for (const { column, sign } of keys) {
      const [left, right] = [column.of(a), column.of(b)].map(comparable)
      if (left! < right!) return -sign
      if (left! > right!) return sign
    }
    return 0
  })
}

const comparable = (cell: Cell) => (typeof cell === 'object' ? cell.bytes : cell)

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  k: 1024,
  mb: 1024 ** 2,
  m: 1024 ** 2,
  gb: 1024 ** 3,
  g: 1024 ** 3,
  tb: 1024 ** 4,
  t: 1024 ** 4,
}

function unitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const unit = Object.hasOwn(units, text) ? units[text] : undefined
  if (unit === undefined) throw illegalArgument(`Failed to parse [bytes] with value [${text}]`)
  return unit
}

function textOf(cell: Cell, unit: number | undefined): string {
  if (typeof cell !== 'object') return String(cell)
  if (unit !== undefined) return String(Math.floor(cell.bytes / unit))
  const names = ['b', 'kb', 'mb', 'gb', 'tb']
  let [value, at] = [cell.bytes, 0]
  for (; value >= 1024 && at < names.length - 1; at++) value /= 1024
  return `${at === 0 ? value : value.toFixed(1).replace(/\.0$/, '')}${names[at]}`
}

function aligned(lines: readonly (readonly string[])[], numeric: readonly boolean[]): string {
  const widths: number[] = []
  for (const line of lines) {
    for (const [at, text] of line.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length)
  }
  return lines
    .map((line) => {
      const cells = line.map((text, at) =>
        numeric[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!),
      )
      return `${cells.join(' ')}\n`
    })
    .join('')
}
