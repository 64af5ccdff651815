import type { StatsdConfig } from './config.ts'
import type { ReceiverSettings } from './receive/protocol.ts'

/** Flushes after which what sends nothing while it is idle is forgotten. */
const unseenFlushes = 60

/** Whether metrics will come, by the keys that the config names itself: by default Weir only listens for them. */
export const metricsAwaited = (configured: ReadonlySet<string>): boolean =>
  configured.has('listen') || configured.has('backends')

/**
 * What the receiving thread is told of the config.
 *
 * @param configured keys that the config names itself.
 */
export function receiverSettings(
  config: StatsdConfig,
  configured: ReadonlySet<string>,
): ReceiverSettings {
  const { flush_interval: intervalMs, max_idle: idle, delete_idle_stats: deletes } = config
  const flushes = (idleMs: number) => (idleMs === 0 ? Infinity : Math.ceil(idleMs / intervalMs))
  const kept = (isDeleted: boolean | undefined, idleMs: number, ttl = 1) =>
    Math.min((isDeleted ?? deletes) ? ttl : Infinity, flushes(idleMs))
  const gaugeTtl = (config.delete_gauges ?? deletes) ? config.gauges_max_ttl : Infinity
  return {
    listeners: config.listen.map(({ address, dialect }) => ({
      address,
      dialect: dialect ?? config.dialect,
    })),
    mayBeTaken: !configured.has('listen'),
    startsLate: !metricsAwaited(configured),
    receiveBufferBytes: config.receive_buffer,
    permissions: config.permissions,
    allow: config.allow,
    deny: config.deny,
    maxConnections: config.max_connections,
    silentTimeoutMs: config.silent_timeout,
    idleTimeoutMs: config.idle_timeout,
    maxLineBytes: config.max_line_size,
    flushIntervalMs: intervalMs,
    align: config.align,
    maxWaitingSwaps: config.max_waiting_flushes,
    limits: {
      maxSeries: config.max_series,
      maxSeriesOf: config.max_series_of,
      maxTags: config.max_tags,
      maxNameBytes: config.max_name_length,
      maxTimerValues: config.max_timer_values,
      maxValues: config.max_values,
      maxSetMembers: config.max_set_members,
      maxEvents: config.max_events,
      sanitize: config.key_name_sanitize,
      gaugeTtlFlushes: gaugeTtl,
      idleFlushes: {
        counter: kept(config.delete_counters, idle.counters),
        gauge: kept(config.delete_gauges, idle.gauges, gaugeTtl),
        timer: kept(config.delete_timers, idle.timers),
        set: kept(config.delete_sets, idle.sets),
        histogram: Math.min(unseenFlushes, flushes(idle.timers)),
        distribution: Math.min(unseenFlushes, flushes(idle.timers)),
        value: unseenFlushes,
      },
    },
  }
}
