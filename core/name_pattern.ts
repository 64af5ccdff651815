import type { ChunkPart } from './journal/chunk.ts'

/**
 * A name that depends on the event: `%Y`, `%m`, `%d`, `%H` stand for its time (UTC), `{tag}` and
 * `{stream}` for where it belongs. It follows from the event alone, so an event sent again goes to the
 * same place.
 */
export interface NamePattern {
  /** True when the name depends on the event's time. */
  readonly dated: boolean
  /** The name for the event whose line is at `start` of `bytes`. */
  nameOf(part: NamedPart, bytes: Buffer, start: number): string
  /** The name with `by` for each placeholder. */
  replaced(by: string): string
}

/** What of a chunk's part a name can depend on. */
export type NamedPart = Pick<ChunkPart, 'stream' | 'tag'>

/** Bytes of `{"@timestamp":"`, with which every line begins; the date follows. */
const dateAt = 15
/** Bytes of `YYYY-MM-DDTHH`: all of the time that a name can depend on. */
const dateLength = 13

/** Where the parts of the time are in `YYYY-MM-DDTHH`. */
const dateParts: Record<string, readonly [from: number, to: number]> = {
  '%Y': [0, 4],
  '%m': [5, 7],
  '%d': [8, 10],
  '%H': [11, 13],
}
const placeholders = /%[YmdH]|\{tag\}|\{stream\}/g

export function namePattern(pattern: string): NamePattern {
  return {
    dated: /%[YmdH]/.test(pattern),
    nameOf(part, bytes, start) {
      const time = bytes.toString('latin1', start + dateAt, start + dateAt + dateLength)
      return pattern.replaceAll(placeholders, (placeholder) => {
        if (placeholder === '{tag}') return safe(part.tag)
        if (placeholder === '{stream}') return safe(part.stream)
        const [from, to] = dateParts[placeholder]!
        return time.slice(from, to)
      })
    },
    replaced: (by) => pattern.replaceAll(placeholders, by),
  }
}

/** True when the time of the line at `start` is other than that of the line at `before`, to the hour. */
export function timeDiffers(bytes: Buffer, before: number, start: number): boolean {
  for (let i = dateAt; i < dateAt + dateLength; i++) {
    if (bytes[before + i] !== bytes[start + i]) return true
  }
  return false
}

/** What cannot stand in a pattern, or undefined: `%` and braces begin placeholders only. */
export function patternProblem(pattern: string): string | undefined {
  const wrong = /[%{}]/.exec(pattern.replaceAll(placeholders, ''))?.[0]
  if (wrong === undefined) return undefined
  return wrong === '%'
    ? `"${pattern}": of times only %Y, %m, %d and %H can stand in a name`
    : `"${pattern}": in braces only {tag} and {stream} can stand in a name`
}

/**
 * A tag as part of a name. Tags may come from outside, so nothing that means something to a file
 * system or in a URL is left, and long ones are cut: a name has at most 255 bytes.
 */
function safe(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, 150)
}
