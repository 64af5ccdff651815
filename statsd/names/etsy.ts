import type { MetricPoint, PointType } from '../../store/points.ts'
import type { Figure } from '../../store/metrics.ts'
import type { NamingConfig } from './config.ts'

/** Everything that names depend on. */
export interface Naming extends NamingConfig {
  /** Of the daemon's own metrics. */
  readonly prefix_stats: string
  /** Whether names were made fit for Graphite on arrival; otherwise they are here. */
  readonly key_name_sanitize: boolean
}

/** A series and what of it a Graphite name stands for. */
export interface NamedFigure {
  readonly series: string
  readonly type: PointType
  readonly figure: Figure
}

type Emit = (name: string, value: number) => void

/**
 * The names that Etsy's graphite backend gives (backends/graphite.js, both namespaces), and back. Pure.
 */
export class EtsyNames {
  readonly #naming: Naming
  readonly #suffix: string
  readonly #prefixes: Readonly<Record<'counter' | 'timer' | 'gauge' | 'set' | 'own', string>>

  constructor(naming: Naming) {
    const { legacy_namespace: isLegacy, global_prefix: global } = naming
    const within = (prefix: string) => [global, prefix].filter((part) => part !== '').join('.')
    this.#naming = naming
    this.#suffix = naming.global_suffix === undefined ? '' : `.${naming.global_suffix}`
    this.#prefixes = isLegacy
      ? {
          counter: 'stats',
          timer: 'stats.timers',
          gauge: 'stats.gauges',
          set: 'stats.sets',
          own: 'stats',
        }
      : {
          counter: within(naming.prefix_counter),
          timer: within(naming.prefix_timer),
          gauge: within(naming.prefix_gauge),
          set: within(naming.prefix_set),
          own: within(''),
        }
  }

  /**
   * Calls `emit` for every figure of a point that Etsy's statsd would send. Points that no flush made (carbon's,
   * say) keep their name.
   */
  each(point: MetricPoint, emit: Emit): void {
    const { series, last, count } = point
    switch (point.type) {
      case 'counter':
        return this.#counter(point, emit)
      case 'timer':
        return this.#timer(point, emit)
      case 'gauge':
        if (last !== undefined) emit(this.#name(this.#prefixes.gauge, series, ''), last)
        return
      case 'set':
        if (count !== undefined) emit(this.#name(this.#prefixes.set, series, 'count'), count)
        return
      case 'value':
        if (last !== undefined) emit(this.#valueName(series, point.flush !== undefined), last)
    }
  }

  /** The name of a figure; undefined for one that Etsy's statsd does not send. */
  nameOf({ series, type, figure }: NamedFigure, isOwn = false): string | undefined {
    const { counter, timer, gauge, set } = this.#prefixes
    const { legacy_namespace: isLegacy, flush_counts: withCounts } = this.#naming
    switch (type) {
      case 'counter':
        if (figure === 'rate') return this.#name(counter, series, isLegacy ? '' : 'rate')
        if (figure !== 'sum' || !withCounts) return undefined
        return isLegacy
          ? this.#name('stats_counts', series, '')
          : this.#name(counter, series, 'count')
      case 'timer':
        return typeof figure === 'object' && 'exact' in figure
          ? this.#name(timer, series, figure.exact)
          : undefined
      case 'gauge':
        return figure === 'last' ? this.#name(gauge, series, '') : undefined
      case 'set':
        return figure === 'count' ? this.#name(set, series, 'count') : undefined
      case 'value':
        return figure === 'last' ? this.#valueName(series, isOwn) : undefined
    }
  }

  /**
   * What a name may stand for; which of it there is, the store knows. Parts of the name may be patterns, other
   * than those of the prefixes.
   */
  read(name: string): NamedFigure[] {
    const end = name.indexOf(';')
    const tags = end < 0 ? '' : name.slice(end)
    const dotted = end < 0 ? name : name.slice(0, end)
    // A sample keeps its name, whatever that is.
    const found: NamedFigure[] = [{ series: name, type: 'value', figure: 'last' }]
    if (!dotted.endsWith(this.#suffix)) return found
    const bare = dotted.slice(0, dotted.length - this.#suffix.length)
    const add = (type: PointType, figure: Figure, series: string | undefined) => {
      if (series) found.push({ series: series + tags, type, figure })
    }
    const { counter, timer, gauge, set } = this.#prefixes
    const { legacy_namespace: isLegacy, flush_counts: withCounts } = this.#naming
    add('value', 'last', this.#readOwn(bare))
    add('gauge', 'last', behind(bare, gauge))
    add('set', 'count', before(behind(bare, set), 'count'))
    for (const [series, exact] of timersIn(behind(bare, timer))) add('timer', { exact }, series)
    if (isLegacy) {
      add('counter', 'rate', behind(bare, counter))
      if (withCounts) add('counter', 'sum', behind(bare, 'stats_counts'))
    } else {
      add('counter', 'rate', before(behind(bare, counter), 'rate'))
      if (withCounts) add('counter', 'sum', before(behind(bare, counter), 'count'))
    }
    return found
  }

  #counter({ series, sum, intervalMs }: MetricPoint, emit: Emit): void {
    if (sum === undefined) return
    const { legacy_namespace: isLegacy, flush_counts: withCounts } = this.#naming
    const { counter } = this.#prefixes
    if (intervalMs !== undefined) {
      emit(this.#name(counter, series, isLegacy ? '' : 'rate'), sum / (intervalMs / 1000))
    }
    if (!withCounts) return
    if (isLegacy) emit(this.#name('stats_counts', series, ''), sum)
    else emit(this.#name(counter, series, 'count'), sum)
  }

  #timer({ series, exact }: MetricPoint, emit: Emit): void {
    for (const key in exact) emit(this.#name(this.#prefixes.timer, series, key), exact[key]!)
  }

  #valueName(series: string, isOwn: boolean): string {
    const { prefix_stats: own, legacy_namespace: isLegacy } = this.#naming
    if (!isOwn || !series.startsWith(`${own}.`)) return series
    if (isLegacy && series === `${own}.numStats`) return series + this.#suffix
    return this.#name(this.#prefixes.own, series, '')
  }

  #readOwn(bare: string): string | undefined {
    const { prefix_stats: own, legacy_namespace: isLegacy } = this.#naming
    if (isLegacy && bare === `${own}.numStats`) return bare
    const series = behind(bare, this.#prefixes.own)
    return series?.startsWith(`${own}.`) ? series : undefined
  }

  #name(prefix: string, series: string, figure: string): string {
    const end = series.indexOf(';')
    const dotted = end < 0 ? series : series.slice(0, end)
    const key = this.#naming.key_name_sanitize ? dotted : sanitized(dotted)
    const name = `${prefix === '' ? '' : `${prefix}.`}${key}${figure === '' ? '' : `.${figure}`}`
    return name + this.#suffix + (end < 0 ? '' : series.slice(end))
  }
}

/** Etsy's `sanitizeKeyName`: what Graphite cannot have in a name. */
const sanitized = (name: string) =>
  name
    .replaceAll(/\s+/g, '_')
    .replaceAll('/', '-')
    .replaceAll(/[^a-zA-Z_\-0-9.;=]/g, '')

/** What comes behind a prefix and its dot. */
function behind(name: string, prefix: string): string | undefined {
  if (prefix === '') return name
  return name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : undefined
}

function before(name: string | undefined, figure: string): string | undefined {
  return name?.endsWith(`.${figure}`) ? name.slice(0, -figure.length - 1) : undefined
}

/** A timer's name and figure: the last part, or the last two for the bins of a histogram. */
function timersIn(name: string | undefined): [series: string, exact: string][] {
  if (name === undefined) return []
  const parts = name.split('.')
  // A bin of 2.5 is `bin_2_5`, so that a figure has one dot at most.
  const figures = parts.at(-2) === 'histogram' ? [2, 1] : [1]
  return figures
    .filter((count) => parts.length > count)
    .map((count) => [parts.slice(0, -count).join('.'), parts.slice(-count).join('.')])
}
