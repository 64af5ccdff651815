import { SearchError } from '../../../search.ts'

const units: Readonly<Record<string, number>> = {
  nanos: 1e-6,
  micros: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `30s`, `1000ms`, `1.5h` in milliseconds. @throws SearchError in Elasticsearch's words */
export function durationMs(text: string, setting: string, at: string): number {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*(nanos|micros|ms|s|m|h|d)\s*$/.exec(text)
  const ms = parts ? Math.trunc(Number(parts[1]) * units[parts[2]!]!) : 0
  if (!parts) {
    const reason = `failed to parse setting [${setting}] with value [${text}] as a time value: unit is missing or unrecognized`
    throw new SearchError(400, 'illegal_argument_exception', `${reason}, at ${at}`)
  }
  if (ms <= 0 && setting !== 'offset') {
    const reason = `Zero or negative time interval not supported, at ${at}`
    throw new SearchError(400, 'illegal_argument_exception', reason)
  }
  return ms
}

const calendar: Readonly<Record<string, string>> = {
  minute: 'm',
  '1m': 'm',
  hour: 'h',
  '1h': 'h',
  day: 'd',
  '1d': 'd',
  week: 'w',
  '1w': 'w',
  month: 'M',
  '1M': 'M',
  quarter: 'q',
  '1q': 'q',
  year: 'y',
  '1y': 'y',
}

/** The largest whole number of which all of these are multiples; 0 of zeros, or of none. */
export function greatestCommon(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => {
    let [a, b] = [one, Math.abs(other)]
    while (b > 0) [a, b] = [b, a % b]
    return a
  }, 0)
}

/** `m h d w M q y`, or undefined when it is no interval of the calendar. */
export const calendarUnit = (text: string): string | undefined =>
  Object.hasOwn(calendar, text) ? calendar[text] : undefined
