import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { coloured, type Terminal, type World } from '../world.ts'

/** The value at a dotted path, nested or dotted; undefined when there is none. */
export function valueAt(record: JsonRecord, path: string): JsonValue | undefined {
  if (Object.hasOwn(record, path)) return record[path]
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const inner = record[path.slice(0, dot)]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) continue
    const found = valueAt(inner, path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}

/** A value in one cell: text as it is, everything else as JSON. */
export function cellOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** One event on one line for people: time, level, where from, message. */
export function eventLine(world: Pick<World, 'env'>, to: Terminal): (event: JsonRecord) => string {
  const colour = coloured(world, to)
  return (event) => {
    const level = cellOf(valueAt(event, 'log.level')).toUpperCase()
    const origin = cellOf(valueAt(event, 'service.name') ?? valueAt(event, 'host.name'))
    const cells = [
      printable(cellOf(event['@timestamp'])),
      shade(colour, printable(level).padEnd(5)),
      printable(origin),
      printable(summaryOf(event)),
    ]
    return cells.filter((cell) => cell.trim() !== '').join('  ')
  }
}

/** What an event says: its message, or its request, or all of it. */
export function summaryOf(event: JsonRecord): string {
  const message = cellOf(valueAt(event, 'message'))
  if (message !== '') return message
  const method = cellOf(valueAt(event, 'http.request.method'))
  if (method !== '') {
    const parts = [
      method,
      valueAt(event, 'url.original'),
      valueAt(event, 'http.response.status_code'),
    ]
    return parts
      .map(cellOf)
      .filter((part) => part !== '')
      .join(' ')
  }
  const { '@timestamp': _, ...rest } = event
  return JSON.stringify(rest)
}

function shade(colour: ReturnType<typeof coloured>, level: string): string {
  if (/^(ERR|FATAL|CRIT|ALERT|EMERG|PANIC)/.test(level)) return colour('red', level)
  if (level.startsWith('WARN')) return colour('yellow', level)
  return level
}

/** A line of a log must not move the cursor or colour the terminal of who reads it. */
export const printable = (text: string) =>
  // eslint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })

/** A row of CSV (RFC 4180). */
const csvRow = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')

/** Columns of CSV where none are asked for. */
const usualColumns = ['@timestamp', 'log.level', 'message']

/** CSV's head, and the row of an event. @param fields undefined: the usual ones, the message as `summaryOf` has it */
export function csvOf(fields: readonly string[] | undefined): {
  readonly head: string
  row(event: JsonRecord): string
} {
  const columns = fields ?? usualColumns
  const cell = (event: JsonRecord, path: string) =>
    fields === undefined && path === 'message' ? summaryOf(event) : cellOf(valueAt(event, path))
  return {
    head: csvRow(columns),
    row: (event) => csvRow(columns.map((path) => cell(event, path))),
  }
}

/** An event as JSON. @param fields only these, by their whole names */
export function jsonOf(event: JsonRecord, fields: readonly string[] | undefined): string {
  if (!fields) return JSON.stringify(event)
  return JSON.stringify(Object.fromEntries(fields.map((path) => [path, valueAt(event, path)])))
}

/** `--fields`: names with commas between them. */
export const fieldNames = (given: string | undefined): readonly string[] | undefined =>
  given?.split(',').map((field) => field.trim())
