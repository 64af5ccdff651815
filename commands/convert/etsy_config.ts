import type { Converted } from './converted.ts'
import { isRecord, type JsData, type JsRecord, NoData } from './js_data.ts'

/**
 * Etsy's config (exampleConfig.js) as Weir's. Keys that have no counterpart, and values that are no data, are told
 * as notes.
 */
export function convertEtsyConfig(given: JsRecord): Converted {
  return new Conversion(given).run()
}

/** Keys that keep their meaning under a name in snake_case. */
const same: Readonly<Record<string, string>> = {
  flush_counts: 'flush_counts',
  deleteIdleStats: 'delete_idle_stats',
  deleteGauges: 'delete_gauges',
  deleteTimers: 'delete_timers',
  deleteSets: 'delete_sets',
  deleteCounters: 'delete_counters',
  gaugesMaxTTL: 'gauges_max_ttl',
  prefixStats: 'prefix_stats',
  keyNameSanitize: 'key_name_sanitize',
  calculatedTimerMetrics: 'calculated_timer_metrics',
  percentThreshold: 'percent_threshold',
  histogram: 'histogram',
  healthStatus: 'health_status',
}

const naming: Readonly<Record<string, string>> = {
  legacyNamespace: 'legacy_namespace',
  globalPrefix: 'global_prefix',
  prefixCounter: 'prefix_counter',
  prefixTimer: 'prefix_timer',
  prefixGauge: 'prefix_gauge',
  prefixSet: 'prefix_set',
  globalSuffix: 'global_suffix',
}

/** Why a key is left out, or what takes its place. */
const without: Readonly<Record<string, string>> = {
  debug: 'use --log-level debug',
  dumpMessages: 'use `weir statsd live`',
  title: 'a process keeps its name',
  automaticConfigReload: 'Weir reads its config again at HUP',
  log: "Weir's own log goes to standard error",
}

class Conversion {
  readonly #given: JsRecord
  readonly #left: Set<string>
  readonly #notes: string[] = []
  readonly #statsd: Record<string, unknown> = {}

  constructor(given: JsRecord) {
    this.#given = given
    this.#left = new Set(Object.keys(given))
  }

  run(): Converted {
    this.#listen()
    this.#console()
    const interval = this.#take('flushInterval')
    if (interval !== undefined) this.#statsd['flush_interval'] = durationOf(Number(interval))
    for (const [key, name] of Object.entries(same)) {
      // It belongs to the backend here.
      if (key === 'flush_counts') continue
      const value = this.#take(key)
      if (value !== undefined) this.#statsd[name] = value
    }
    this.#keyFlush()
    this.#backends()
    for (const key of this.#left) {
      const why = without[key] ?? 'there is no counterpart'
      this.#notes.push(`${key}: ${why}`)
    }
    return { config: { statsd: this.#statsd }, notes: this.#notes }
  }

  /** The value of a key; what is no data is told and left out. */
  #take(key: string, from: JsRecord = this.#given, name = key): unknown {
    if (from === this.#given) this.#left.delete(key)
    return this.#plain(from[key], name)
  }

  #plain(value: JsData, name: string): unknown {
    if (value instanceof NoData) {
      this.#notes.push(`${name}: ${oneLine(value.text)} is computed; write its value`)
      return undefined
    }
    if (Array.isArray(value)) {
      const list = value as readonly JsData[]
      return list.map((each) => this.#plain(each, name)).filter((each) => each !== undefined)
    }
    if (!isRecord(value)) return value
    const entries = Object.entries(value).map(([key, each]) => {
      return [key, this.#plain(each, `${name}.${key}`)] as const
    })
    return Object.fromEntries(entries.filter(([, each]) => each !== undefined))
  }

  #listen(): void {
    const servers = this.#given['servers']
    const own = ['server', 'address', 'address_ipv6', 'port', 'socket', 'socket_mod']
    const list = Array.isArray(servers) ? (servers as readonly JsData[]) : [this.#given]
    this.#left.delete('servers')
    const addresses = list.filter(isRecord).map((server) => this.#addressOf(server))
    for (const key of own) this.#left.delete(key)
    this.#statsd['listen'] = addresses
  }

  #addressOf(server: JsRecord): string {
    const text = (key: string) => this.#take(key, server, key) as string | number | undefined
    const isTcp = String(text('server') ?? '').includes('tcp')
    const socket = text('socket')
    const mode = text('socket_mod')
    if (mode !== undefined) this.#statsd['permissions'] = String(mode)
    if (isTcp && typeof socket === 'string') return `unix:${socket}`
    const isIpv6 = text('address_ipv6') === (true as unknown)
    const host = String(text('address') ?? (isIpv6 ? '::' : '0.0.0.0'))
    const bracketed = host.includes(':') ? `[${host}]` : host
    return `${isTcp ? 'tcp' : 'udp'}://${bracketed}:${text('port') ?? 8125}`
  }

  #console(): void {
    const [host, port] = [this.#take('mgmt_address'), this.#take('mgmt_port')]
    const address = String(host ?? '0.0.0.0')
    const bracketed = address.includes(':') ? `[${address}]` : address
    this.#statsd['console'] = { listen: `tcp://${bracketed}:${String(port ?? 8126)}` }
  }

  #keyFlush(): void {
    const given = this.#take('keyFlush') as Record<string, unknown> | undefined
    if (given === undefined) return
    const { interval, percent, log } = given
    this.#statsd['key_flush'] = {
      interval: durationOf(Number(interval ?? 0)),
      ...(percent !== undefined && { percent }),
      ...(typeof log === 'string' && { log }),
    }
  }

  #backends(): void {
    const named = (this.#take('backends') ?? ['./backends/graphite']) as unknown[]
    const backends: Record<string, unknown>[] = [{ type: 'store' }]
    for (const name of named.map(String)) {
      const type = /(?:^|\/)(graphite|console|repeater)(\.js)?$/.exec(name)?.[1]
      if (type === 'graphite') backends.push(...this.#graphite())
      else if (type === 'console') backends.push({ type, ...(this.#take('console') as object) })
      else if (type === 'repeater') backends.push(this.#repeater())
      else this.#notes.push(`backends: ${name} has no counterpart`)
    }
    this.#statsd['backends'] = backends
  }

  #graphite(): Record<string, unknown>[] {
    const host = this.#take('graphiteHost')
    const options = {
      port: this.#take('graphitePort'),
      pickle_port: this.#take('graphitePicklePort'),
      protocol: this.#take('graphiteProtocol'),
      flush_counts: this.#take('flush_counts'),
    }
    const given = this.#given['graphite']
    this.#left.delete('graphite')
    const names = isRecord(given)
      ? Object.entries(given).flatMap(([key, value]): [string, unknown][] => {
          const name = naming[key]
          if (name === undefined) this.#notes.push(`graphite.${key}: there is no counterpart`)
          return name === undefined ? [] : [[name, this.#plain(value, `graphite.${key}`)]]
        })
      : []
    if (host === undefined) {
      this.#notes.push('graphiteHost: there is none, so nothing is sent to Graphite')
      return []
    }
    const all = { ...options, ...Object.fromEntries(names) }
    const set = Object.entries(all).filter(([, value]) => value !== undefined)
    return [{ type: 'graphite', host, ...Object.fromEntries(set) }]
  }

  #repeater(): Record<string, unknown> {
    const protocol = this.#take('repeaterProtocol')
    const hosts = this.#take('repeater') ?? []
    return { type: 'repeater', hosts, ...(protocol !== undefined && { protocol }) }
  }
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 100)

function durationOf(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}
