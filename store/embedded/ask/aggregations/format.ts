import { SearchError } from '../../../search.ts'
import { formatDate } from './dates.ts'

export type ValueKind = 'number' | 'date' | 'boolean' | 'ip' | 'text'

/** How numbers of an aggregation are written as text; `isRaw`: they need no text beside them. */
export interface ValueFormat {
  readonly isRaw: boolean
  text(value: number): string
}

const raw: ValueFormat = { isRaw: true, text: String }

/** @throws SearchError for a format that is none */
export function formatOf(
  kind: ValueKind,
  format: string | undefined,
  timeZone: string | undefined,
  at: string,
): ValueFormat {
  if (kind === 'date') {
    // Throws here for a format that it cannot write.
    formatDate(0, format, timeZone)
    return { isRaw: false, text: (ms) => formatDate(ms, format, timeZone) }
  }
  if (kind === 'boolean') return { isRaw: false, text: (value) => (value === 0 ? 'false' : 'true') }
  if (kind !== 'number' || format === undefined) return raw
  return decimalFormat(format, at)
}

/** Java's DecimalFormat, as far as people use it: `0.00`, `#,##0.#`, `0%`, texts around it. */
function decimalFormat(pattern: string, at: string): ValueFormat {
  const parts = /^((?:'[^']*'|[^#0,.'])*)([#,]*[0,]*(?:\.0*#*)?)((?:'[^']*'|[^#0,.'])*)$/.exec(
    pattern.split(';')[0]!,
  )
  if (!parts || parts[2] === '' || /E/.test(parts[3]!)) {
    const reason = `Malformed pattern "${pattern}", at ${at}`
    throw new SearchError(400, 'illegal_argument_exception', reason)
  }
  const [, before, digits, after] = parts as unknown as [string, string, string, string]
  const [whole, fraction = ''] = digits.split('.') as [string, string?]
  const group = whole.includes(',') ? whole.length - whole.lastIndexOf(',') - 1 : 0
  const least = whole.replaceAll(/[#,]/g, '').length
  const zeros = fraction.replaceAll('#', '').length
  const factor = /%/.test(before + after) ? 100 : 1
  const text = (affix: string) => affix.replaceAll(/'([^']*)'/g, (_, inner: string) => inner || "'")
  return {
    isRaw: false,
    text(value) {
      if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '-∞'
      const number = roundHalfEven(Math.abs(value) * factor, fraction.length)
      let [int, frac = ''] = number.split('.') as [string, string?]
      while (frac.length > zeros && frac.endsWith('0')) frac = frac.slice(0, -1)
      int = int.padStart(least, '0')
      if (least === 0 && int === '0' && frac !== '') int = ''
      if (group > 0) int = grouped(int, group)
      const sign = value < 0 && /[1-9]/.test(number) ? '-' : value < 0 ? '-' : ''
      return `${sign}${text(before)}${int}${frac === '' ? '' : `.${frac}`}${text(after)}`
    },
  }
}

/** DecimalFormat rounds half to even; `toFixed` rounds what the binary number is, which differs on ties only. */
function roundHalfEven(value: number, digits: number): string {
  const rounded = value.toFixed(Math.min(digits, 100))
  const scaled = value * 10 ** digits
  if (scaled % 1 !== 0.5 || scaled > 2 ** 52) return rounded
  const even = Math.floor(scaled) % 2 === 0 ? Math.floor(scaled) : Math.ceil(scaled)
  return (even / 10 ** digits).toFixed(digits)
}

function grouped(digits: string, size: number): string {
  const parts: string[] = []
  for (let end = digits.length; end > 0; end -= size) {
    parts.unshift(digits.slice(Math.max(0, end - size), end))
  }
  return parts.join(',')
}
