import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Names of config values and headers that never reach a log. */
const redact = ['*.password', '*.api_key', '*.secret', '*.authorization', '*.headers.authorization']

/** The root logger: JSON lines on standard error, so that standard output is only ever data. */
export function createLog(level: string): Logger {
  return pino({ level, redact, base: null }, pino.destination({ fd: 2, sync: true }))
}
