import type { Event } from './event.ts'

const head = '{"@timestamp":"'
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/

/**
 * The JSON of an event as the journal keeps it: one line, `@timestamp` first and readable. A time that a
 * filter spoilt is replaced by `arrival`.
 */
export function eventText(event: Event, arrival: string): string {
  const time = event['@timestamp']
  const sound = typeof time === 'string' && isoTime.test(time) ? time : arrival
  if (sound === time) {
    const text = JSON.stringify(event)
    if (text.startsWith(head)) return text
  }
  const { '@timestamp': _, ...rest } = event
  const text = JSON.stringify(rest)
  return text === '{}' ? `${head}${sound}"}` : `${head}${sound}",${text.slice(1)}`
}
