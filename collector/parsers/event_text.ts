import type { Event } from '../event.ts'

/**
 * The JSON text of an event, `@timestamp` first where it has one. JSON.stringify alone would put names
 * that look like array indexes (`"404"`) before it, whatever the order they were set in.
 */
export function eventText(event: Event): string {
  if (event['@timestamp'] === undefined) return JSON.stringify(event)
  const { '@timestamp': time, ...rest } = event
  const text = JSON.stringify(rest)
  return `{"@timestamp":${JSON.stringify(time)}${text === '{}' ? '}' : `,${text.slice(1)}`}`
}
