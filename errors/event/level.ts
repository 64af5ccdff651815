import type { Raw } from './reading.ts'
import { levels } from './sentry_event.ts'
import type { Level } from './sentry_event.ts'

const names: ReadonlyMap<string, Level> = new Map<string, Level>([
  ...levels.map((level) => [level, level] as const),
  ['log', 'info'],
  ['critical', 'fatal'],
])

/** A level by name or by Python's number; undefined when it is none. */
export function readLevel(value: Raw): Level | undefined {
  if (typeof value === 'string') {
    return names.get(value) ?? names.get(value.toLowerCase()) ?? numbered(Number(value))
  }
  return typeof value === 'number' ? numbered(value) : undefined
}

function numbered(number: number): Level | undefined {
  return number % 10 === 0 ? levels[number / 10 - 1] : undefined
}
