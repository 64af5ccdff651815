import { parseDuration } from '../../core/units.ts'

/**
 * A time as people write it, in milliseconds since the epoch: `now`, `-1h`, `now-7d`, ISO 8601, or a number of seconds
 * or milliseconds since the epoch; undefined when it is none.
 */
export function askedTime(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs
  const ago = /^(?:now)?-(.+)$/.exec(text)
  if (ago) {
    const ms = parseDuration(ago[1]!)
    return ms === undefined ? undefined : nowMs - ms
  }
  if (/^\d{1,16}(\.\d+)?$/.test(text)) {
    const number = Number(text)
    // In seconds this is the year 5138, in milliseconds 1973.
    return number < 1e11 ? Math.round(number * 1000) : Math.round(number)
  }
  const ms = /^\d{4}-/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(ms) ? undefined : ms
}
