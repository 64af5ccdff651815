import type { Raw } from './reading.ts'

const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const plain = /^[0-9a-f]{32}$/i

/** An event's id as 32 lower-case hex characters, from those or a dashed UUID; undefined when it is none. */
export function readEventId(value: Raw): string | undefined {
  if (typeof value !== 'string') return undefined
  if (plain.test(value)) return value.toLowerCase()
  return dashed.test(value) ? value.replaceAll('-', '').toLowerCase() : undefined
}
