import { z } from 'zod'
import './core/config/interpreted.ts'
import { collectorConfig } from './collector/config.ts'
import { httpConfig } from './core/http/config.ts'
import { journalConfig } from './core/journal/config.ts'
import { duration } from './core/units.ts'
import { errorsConfig } from './errors/config.ts'
import { statsdConfig } from './statsd/config.ts'
import { storeConfig } from './store/config.ts'

/** The parts of Weir that can run alone. */
export const roles = ['collector', 'statsd', 'errors', 'store', 'web'] as const

/** A part that is still to come: its switch is known already, so that configs stay valid. */
const later = (name: string) =>
  z
    .strictObject({
      enabled: z.boolean().optional().describe(`Whether ${name} run; still to come`),
    })
    .prefault({})
    .describe(`Still to come: only \`enabled\` is known yet`)

/** The whole config: every part's schema, composed. docs/CONFIG.md and the editors' schema are made from it. */
export const rootSchema = z.strictObject({
  data_dir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder for everything Weir keeps. Default: $XDG_DATA_HOME/weir or ~/.local/share/weir; /var/lib/weir for root',
    ),
  roles: z
    .array(z.enum(roles))
    .min(1)
    .default([...roles])
    .describe('The parts that run in this process'),
  shutdown_timeout: duration()
    .default(30_000)
    .describe('Most time to finish what is under way after TERM'),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info')
        .describe('Least severe message that is logged'),
    })
    .prefault({})
    .describe("Weir's own log, JSON lines on standard error"),
  http: httpConfig.prefault({}).describe('The HTTP port'),
  journal: journalConfig.prefault({}).describe('The journal between arrival and use'),
  collector: collectorConfig.prefault({}).describe('Logs: inputs, filters, outputs'),
  statsd: statsdConfig.prefault({}).describe('Metrics: StatsD, Graphite, Prometheus, the host'),
  errors: errorsConfig.prefault({}).describe('Error reports: projects, Sentry SDKs'),
  store: storeConfig.prefault({}).describe('The store: keeps events and answers questions'),
  web: later('the web pages'),
})

export type Config = z.output<typeof rootSchema>
