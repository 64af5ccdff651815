import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { systemFiles } from '../core/files.ts'
import type { Context } from '../core/context.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Statsd } from '../statsd/statsd.ts'
import type { Loaded } from './running.ts'

export interface StatsdGiven {
  readonly loaded: Loaded
  readonly journal: Journal
  readonly dataFolder: string
  readonly contextOf: (id: string) => Context
}

/** Starts the metrics daemon; undefined where the config has none, and then nothing of it is loaded. */
export async function startStatsd(given: StatsdGiven): Promise<Statsd | undefined> {
  const { loaded, ...world } = given
  const { statsd, roles, log } = loaded.config
  if (!statsd.enabled || !roles.includes('statsd')) return undefined
  const { Statsd } = await import('../statsd/statsd.ts')
  const written = (loaded.input as { statsd?: object } | undefined)?.statsd
  const running = new Statsd(statsd, {
    ...world,
    files: systemFiles,
    logLevel: log.level,
    hostname: hostname(),
    randomBytes: (count) => randomBytes(count),
    configured: new Set(Object.keys(written ?? {})),
  })
  await running.start()
  return running
}
