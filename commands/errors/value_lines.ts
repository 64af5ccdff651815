import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { cellOf, printable } from '../ask/event_line.ts'

/** Entries of one section that are shown: the first ones. */
const entriesMax = 50
/** Characters of one entry's value. */
const valueMax = 500

/** What a program added to an event as `extra`: a line for each entry, those left out counted. */
export function extraLines(extra: JsonRecord): string[] {
  return section('Extra', Object.entries(extra))
}

/** The contexts of an event (`os`, `device`, a program's own): a line for each entry, by its path. */
export function contextLines(contexts: JsonRecord): string[] {
  return section('Contexts', Object.entries(contexts).flatMap(entriesOf))
}

/** A context's `type` says how it is shown in a page, and nothing else. */
function entriesOf([name, context]: [string, JsonValue]): [string, JsonValue][] {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    return [[name, context]]
  }
  return Object.entries(context)
    .filter(([key]) => key !== 'type')
    .map(([key, value]) => [`${name}.${key}`, value])
}

function section(title: string, all: readonly [string, JsonValue][]): string[] {
  const entries = all.filter(([, value]) => value !== null)
  if (entries.length === 0) return []
  const left = entries.length - entriesMax
  return [
    '',
    title,
    ...entries.slice(0, entriesMax).map(([key, value]) => `  ${shown(key)}: ${shown(value)}`),
    ...(left > 0 ? [`  and ${left} more: --json shows all`] : []),
  ]
}

function shown(value: JsonValue): string {
  const whole = printable(cellOf(value)).replaceAll(/\s+/g, ' ')
  return whole.length > valueMax ? `${whole.slice(0, valueMax)}…` : whole
}
