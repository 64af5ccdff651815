import { beginWorkers } from '../collector/workers.ts'
import { beginReceiverThread } from '../statsd/receive/receiver_link.ts'
import { metricsAwaited } from '../statsd/receiver_settings.ts'
import type { Loaded } from './running.ts'
import { statsdKeys, statsdRuns } from './running_statsd.ts'

/**
 * Has the threads that this config needs load their files while the main thread loads its own: else what waits for
 * them waits a tenth of a second for each.
 */
export function beginThreads(loaded: Loaded): void {
  const { collector, roles, statsd } = loaded.config
  if (collector.enabled && roles.includes('collector')) {
    beginWorkers(collector.inputs, collector.workers)
  }
  const receives = statsdRuns(loaded.config) && statsd.listen.length > 0
  if (receives && metricsAwaited(statsdKeys(loaded))) beginReceiverThread()
}
