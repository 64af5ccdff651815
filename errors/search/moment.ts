import type { SearchTerm } from './tree.ts'
import { plainText } from './tree.ts'

/** Milliseconds since the epoch: from, and until but not with it. */
export interface Span {
  readonly fromMs?: number
  readonly untilMs?: number
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

/** `24h`, `14d`: a number and s, m, h, d or w, in milliseconds; undefined when it is none. */
export function periodMs(text: string): number | undefined {
  const match = /^(\d{1,6})([smhdw])$/.exec(text)
  return match ? Number(match[1]) * unitMs[match[2]!]! : undefined
}

/**
 * What a term about a time asks: `-24h` within the last day, `+24h` before it, `>2026-01-31T12:00:00Z`, or a date
 * alone, which is that day. Without a zone it is UTC. Undefined when the value is no time.
 */
export function spanOf(
  term: Pick<SearchTerm, 'operator' | 'values'>,
  nowMs: number,
): Span | undefined {
  const text = plainText(term.values[0]!).trim()
  const { operator } = term
  const distance = periodMs(text.replace(/^[+-]/, ''))
  if (distance !== undefined && /^[+-]/.test(text)) {
    const atMs = nowMs - distance
    if (operator === '=') return text.startsWith('-') ? { fromMs: atMs } : { untilMs: atMs + 1 }
    return compared(operator, { fromMs: atMs, untilMs: atMs + 1 })
  }
  const named = namedSpan(text)
  if (!named) return undefined
  return operator === '=' ? named : compared(operator, named)
}

/** A date is its day, a time its millisecond. */
function namedSpan(text: string): Required<Span> | undefined {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(
      text,
    )
  if (!match) return undefined
  const [, date, time, zone = 'Z'] = match
  const fromMs = Date.parse(time === undefined ? date! : `${date}T${time}${zone}`)
  if (Number.isNaN(fromMs)) return undefined
  return { fromMs, untilMs: fromMs + (time === undefined ? unitMs['d']! : 1) }
}

function compared(operator: SearchTerm['operator'], { fromMs, untilMs }: Required<Span>): Span {
  switch (operator) {
    case '>':
      return { fromMs: untilMs }
    case '>=':
      return { fromMs }
    case '<':
      return { untilMs: fromMs }
    default:
      return { untilMs }
  }
}

/** A time as the API's parameters have it; undefined when it is none. */
export function momentOf(text: string): number | undefined {
  if (/^\d{9,14}(?:\.\d+)?$/.test(text))
    return Math.round(Number(text) * (text.length > 11 && !text.includes('.') ? 1 : 1000))
  return namedSpan(text)?.fromMs
}
