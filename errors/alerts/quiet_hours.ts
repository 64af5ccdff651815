import type { QuietHours } from './config.ts'

const dayMinutes = 1440

/** Until when it is quiet, ms since the epoch; undefined: it is not. */
export function quietUntil(nowMs: number, quiet: QuietHours | undefined): number | undefined {
  if (!quiet) return undefined
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)]
  if (from === to || !isWithin(localMinutes(nowMs, quiet.timezone), from, to)) return undefined
  const minutes = (to - localMinutes(nowMs, quiet.timezone) + dayMinutes) % dayMinutes
  const endMs = nowMs - (nowMs % 60_000) + minutes * 60_000
  // Clocks may have been put forward or back in between.
  const off = (to - localMinutes(endMs, quiet.timezone) + 1.5 * dayMinutes) % dayMinutes
  return endMs + (off - dayMinutes / 2) * 60_000
}

const isWithin = (minute: number, from: number, to: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function localMinutes(ms: number, timezone: string): number {
  let format = formats.get(timezone)
  if (!format) {
    const options = { timeZone: timezone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit' }
    format = new Intl.DateTimeFormat('en-GB', options as Intl.DateTimeFormatOptions)
    formats.set(timezone, format)
  }
  return minutesOf(format.format(ms))
}
