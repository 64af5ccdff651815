import type { StatsdConfig } from '../config.ts'
import { readMetricsAddress, type MetricsAddress } from '../listen_address.ts'
import type { StatsdPart, StatsdWorld } from '../part.ts'
import type { ConsoleWorld } from './commands.ts'
import { Console } from './console.ts'

const standard = 'tcp://127.0.0.1:8126'

/** What the console needs of the others. */
export type ConsoleGiven = Pick<StatsdWorld, 'contextOf'> & Pick<ConsoleWorld, 'facts' | 'series'>

/** The console as a part of the daemon; it also answers what `weir statsd` asks. */
export function makeConsole(config: StatsdConfig, given: ConsoleGiven): StatsdPart {
  const { listen, max_connections: maxConnections } = config.console
  const world: ConsoleWorld = {
    series: given.series,
    facts: given.facts,
    config: config as unknown as Readonly<Record<string, unknown>>,
    health: config.health_status,
  }
  const options = {
    listen: listen ?? [readMetricsAddress(standard, ['tcp'], 8126) as MetricsAddress],
    mayBeTaken: listen === undefined,
    maxConnections,
  }
  const console = new Console(options, world, given.contextOf('statsd.console'))
  return {
    name: 'console',
    start: () => console.start(),
    stop: () => console.stop(),
    status: () => ({ ...console.status(), health: world.health }),
  }
}
