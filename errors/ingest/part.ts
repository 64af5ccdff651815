import type { ErrorsConfig } from '../config.ts'
import type { ErrorsPart, ErrorsWorld } from '../part.ts'
import { reportsPartition } from '../reports.ts'
import { Accepting } from './accepting.ts'
import type { AcceptConfig } from './protocol.ts'
import { addIngestRoutes } from './routes.ts'
import { Spotlight } from './spotlight.ts'

/** Takes in what SDKs send: the routes, the thread behind them, Spotlight. */
export function makeIngest(config: ErrorsConfig, world: ErrorsWorld): ErrorsPart {
  const context = world.contextOf('errors.ingest')
  const { journal, projects, logLevel, baseUrl } = world
  const accepting = new Accepting(acceptConfig(config), { context, journal, projects, logLevel })
  const spotlight = new Spotlight(config.spotlight, {
    context,
    projects,
    accept: (incoming) => accepting.accept(incoming),
  })
  return {
    name: 'ingest',
    start: async () => {
      const isUsed = journal.partitions.some(({ name }) => name === reportsPartition)
      if (isUsed || Object.keys(config.projects).length > 0) accepting.warm()
    },
    stop: async (deadline) => {
      spotlight.stop()
      await accepting.stop(deadline)
    },
    addRoutes(app) {
      addIngestRoutes(app, { context, baseUrl, accept: (incoming) => accepting.accept(incoming) })
      spotlight.addRoutes(app)
    },
    addSpotlight: (app) => spotlight.addRoutes(app),
    status: () => ({ ...accepting.status, spotlight_followers: spotlight.followers }),
    metrics: () => accepting.metrics(),
    reload: async (next) => {
      spotlight.configure(next.spotlight)
      await accepting.configure(acceptConfig(next))
    },
  }
}

const acceptConfig = ({ limits, quota, scrub, events, grouping }: ErrorsConfig): AcceptConfig => ({
  limits,
  quota,
  scrub,
  events,
  grouping,
})
