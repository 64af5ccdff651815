import type { JsonValue } from '../../store/search.ts'
import { Marks } from './marks.ts'
import type { SentryEvent } from './sentry_event.ts'

type EventError = NonNullable<SentryEvent['errors']>[number]

/** As Sentry names them. */
export type FindingType =
  | 'invalid_data'
  | 'missing_attribute'
  | 'value_too_long'
  | 'clock_drift'
  | 'future_timestamp'
  | 'past_timestamp'

/** Further ones are left out. */
export const maxErrors = 50
const maxShown = 128
const maxName = 256

/** What was wrong with an event, and what was cut: its `errors` and its `_meta`. */
export class Findings {
  readonly errors: EventError[] = []
  readonly marks: Marks

  constructor(marks: Marks) {
    this.marks = marks
  }

  enter(key: string | number): void {
    this.marks.path.push(key)
  }

  leave(): void {
    this.marks.path.pop()
  }

  /** @param key of where the walk is; the value, where it is short, is shown to whoever sent it */
  wrong(
    type: FindingType,
    key: string | number,
    value: JsonValue | undefined,
    reason: string,
  ): void {
    if (this.errors.length >= maxErrors) return
    const { path } = this.marks
    const name = path.length === 0 ? String(key) : `${path.join('.')}.${key}`
    const error: EventError = { type, name: cleanCut(name, maxName), reason }
    if (typeof value === 'string') error.value = cleanCut(value, maxShown)
    else if (typeof value === 'number' || typeof value === 'boolean') error.value = value
    this.errors.push(error)
  }

  invalid(key: string | number, value: JsonValue | undefined, expected: string): void {
    this.wrong('invalid_data', key, value, `expected ${expected}`)
  }

  /** A text of at most `max` characters, marked as cut when it had more than `max` and `allowance`. */
  cut(key: string | number, text: string, max: number, allowance = 0): string {
    if (text.length <= max + allowance) return text
    const short = cleanCut(text, Math.max(0, max - 3)) + '...'.slice(0, max)
    this.marks.remark(key, ['!limit', 's', short.length - 3, short.length], text.length)
    return short
  }
}

/** The first `max` UTF-16 units, less one where that would split a character. */
export function cleanCut(text: string, max: number): string {
  if (text.length <= max) return text.isWellFormed() ? text : text.toWellFormed()
  const last = text.charCodeAt(max - 1)
  const splits = max > 0 && last >= 0xd8_00 && last <= 0xdb_ff
  const short = text.slice(0, splits ? max - 1 : max)
  return short.isWellFormed() ? short : short.toWellFormed()
}
