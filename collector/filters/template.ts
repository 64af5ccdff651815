import type { Event } from '../event.ts'
import type { Json } from '../../core/json.ts'
import { valueAt } from '../../core/json.ts'
import { copyOf, textOf } from './field.ts'

/** What a template may name beside the event's fields. */
export interface TemplateScope {
  readonly event: Event
  readonly tag: string
  readonly hostname: string
  /** ISO 8601, for events that have no time yet. */
  readonly now: () => string
}

/** Gives the text or value that a template stands for; undefined for a single absent field. */
export type Template = (scope: TemplateScope) => Json | undefined

/**
 * Compiles a text with placeholders, which are those of Fluentd's record_transformer:
 *
 * - `${a.b}` or `${record["a.b"]}`: the field, nested or dotted
 * - `${tag}`, `${tag_parts[1]}`, `${tag_parts[-1]}`, `${tag_prefix[1]}` (parts 0 to 1),
 *   `${tag_suffix[1]}` (parts 1 to the last)
 * - `${hostname}`, `${time}` (the event's time, ISO 8601)
 *
 * A text that is one placeholder and nothing else keeps the value's type; otherwise it is text, where
 * what is absent is empty.
 */
export function compileTemplate(source: string): Template {
  const pieces = source.split(/\$\{([^}]*)\}/)
  // split() gives text, placeholder, text, placeholder, …, text.
  const parts = pieces.map((piece, index) => (index % 2 === 0 ? () => piece : placeholder(piece)))
  if (pieces.length === 1) return () => source
  if (pieces.length === 3 && pieces[0] === '' && pieces[2] === '') return parts[1]!
  return (scope) => parts.map((part) => textOf(part(scope))).join('')
}

function placeholder(name: string): Template {
  if (name === 'tag') return ({ tag }) => tag
  if (name === 'hostname') return ({ hostname }) => hostname
  if (name === 'time') return ({ event, now }) => event['@timestamp'] ?? now()
  const ofTag = /^tag_(parts|prefix|suffix)\[(-?\d+)\]$/.exec(name)
  if (ofTag) return tagPlaceholder(ofTag[1]!, Number(ofTag[2]))
  const quoted = /^record\[(["'])(.*)\1\]$/s.exec(name)
  return fieldPlaceholder(quoted ? quoted[2]! : name)
}

function tagPlaceholder(which: string, index: number): Template {
  return ({ tag }) => {
    const parts = tag.split('.')
    const at = index < 0 ? parts.length + index : index
    if (at < 0 || at >= parts.length) return undefined
    if (which === 'parts') return parts[at]
    return (which === 'prefix' ? parts.slice(0, at + 1) : parts.slice(at)).join('.')
  }
}

function fieldPlaceholder(path: string): Template {
  return ({ event }) => {
    const value = valueAt(event, path)
    return value === undefined ? undefined : copyOf(value)
  }
}
