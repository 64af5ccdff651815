import type { JsonObject } from '../core/json.ts'
import { leftErrors } from './errors_off.ts'
import type { OwnMetrics } from './own_metrics.ts'
import { readerLags } from './reader_lags.ts'
import type { Parts } from './parts.ts'
import type { Surroundings } from './running.ts'
import { version } from './version.ts'

/**
 * What `GET /api/status` says: each part's rates, lag and troubles, and every event that did not arrive whole.
 * @param startedMs milliseconds since the epoch.
 */
export async function statusOf(
  parts: Parts,
  { clock, dataFolder }: Surroundings,
  startedMs: number,
  metrics: OwnMetrics,
): Promise<object> {
  const { journal, store, statsd } = parts
  const { space, partitions, troubles } = journal
  const collector: JsonObject = (await parts.collector?.status()) ?? {}
  return {
    version: version(),
    uptime_seconds: Math.round((clock.now() - startedMs) / 1000),
    data_dir: dataFolder,
    journal: {
      disk_bytes: space.used,
      max_disk_bytes: space.limit,
      segments: partitions.reduce((sum, { segments }) => sum + segments.length, 0),
      troubles,
    },
    readers: readerLags(journal),
    ...(store && { store: store.status() }),
    ...collector,
    ...(statsd && { statsd: await statsd.status() }),
    ...(await errorsStatus(parts)),
    impaired: await metrics.impaired(),
  }
}

async function errorsStatus({ errors, journal }: Parts): Promise<object> {
  if (errors) return errors.started ? { errors: await errors.started.status() } : {}
  const left = leftErrors(journal)
  return left ? { errors: left } : {}
}
