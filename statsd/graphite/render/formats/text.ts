import { floatText } from '../number_text.ts'
import type { Series } from '../series.ts'
import type { TimeZone } from '../time_zone.ts'

/** Lines `name,2024-01-31 12:30:00,1.0`, ended by CR LF; the value is empty for null. */
export function csvOf(series: readonly Series[], zone: TimeZone): string {
  const lines: string[] = []
  for (const { name, values, start, step } of series) {
    const quoted = /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
    for (const [i, value] of values.entries()) {
      const time = start + i * step
      lines.push(
        `${quoted},${clockText(time, zone)},${Number.isNaN(value) ? '' : floatText(value)}\r\n`,
      )
    }
  }
  return lines.join('')
}

/** Lines `name,start,end,step|1.0,None,2.0`. */
export function rawOf(series: readonly Series[]): string {
  const lines = series.map(({ name, values, start, end, step }) => {
    const texts = Array.from(values, (value) => (Number.isNaN(value) ? 'None' : floatText(value)))
    return `${name},${start},${end},${step}|${texts.join(',')}\n`
  })
  return lines.join('')
}

/** `2024-01-31 12:30:00` by the clock of a zone. */
export function clockText(timeS: number, zone: TimeZone): string {
  return new Date((timeS + zone.offsetAt(timeS)) * 1000)
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ')
}
