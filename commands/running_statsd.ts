import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { systemFiles } from '../core/files.ts'
import type { Context } from '../core/context.ts'
import type { Journal } from '../core/journal/journal.ts'
import type { Statsd } from '../statsd/statsd.ts'
import type { Loaded } from './running.ts'
import type { RunningStore } from './running_store.ts'

export interface StatsdGiven {
  readonly loaded: Loaded
  readonly journal: Journal
  readonly dataFolder: string
  readonly contextOf: (id: string) => Context
  readonly store: () => RunningStore | undefined
}

export const statsdRuns = ({ statsd, roles }: Loaded['config']): boolean =>
  statsd.enabled && roles.includes('statsd')

/** The keys under `statsd` that the config names itself. */
export function statsdKeys({ input }: Pick<Loaded, 'input'>): ReadonlySet<string> {
  const written = (input as { statsd?: object } | undefined)?.statsd
  return new Set(Object.keys(written ?? {}))
}

/** Starts the metrics daemon; undefined where the config has none, and then nothing of it is loaded. */
export async function startStatsd(given: StatsdGiven): Promise<Statsd | undefined> {
  const { loaded, store: running, ...world } = given
  const { statsd, log, store } = loaded.config
  if (!statsdRuns(loaded.config)) return undefined
  const { Statsd } = await import('../statsd/statsd.ts')
  const daemon = new Statsd(statsd, {
    ...world,
    store: {
      points: () => running()?.metrics,
      documents: () => running()?.documents,
      timeoutMs: store.query_timeout,
    },
    files: systemFiles,
    logLevel: log.level,
    hostname: hostname(),
    randomBytes: (count) => randomBytes(count),
    configured: statsdKeys(loaded),
  })
  await daemon.start()
  return daemon
}
