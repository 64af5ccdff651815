import type { Figure } from '../../../store/metrics.ts'
import type { PointType } from '../../../store/points.ts'
import type { FlushConfig } from '../../flush/config.ts'
import { figureRules } from '../../flush/rules.ts'
import type { Naming } from '../../names/etsy.ts'

/** A figure of a series as Graphite's tree has it. */
export interface Leaf {
  /** What comes behind the series' name; empty: the series itself is the leaf. */
  readonly parts: readonly string[]
  readonly figure: Figure
  /** How several of its values become one, where that is no average. */
  readonly consolidation?: 'sum' | 'min' | 'max'
}

/** Where the series of one type hang in Graphite's tree. */
export interface Mount {
  /** What comes before a series' name. */
  readonly prefix: readonly string[]
  readonly type: PointType
  readonly leaves: readonly Leaf[]
  /** Which series of the type hang here. */
  readonly has: (name: string) => boolean
}

/** What decides which figures timers have. */
export interface TimerOptions extends Pick<
  FlushConfig,
  'percent_threshold' | 'histogram' | 'calculated_timer_metrics'
> {
  /** Whether some of them come by DogStatsD's dialect. */
  readonly isDatadog: boolean
}

/**
 * Graphite's tree over stored series: where Etsy's graphite backend puts the figures of each type
 * (names/etsy.ts), and samples (carbon's, the host's, Prometheus') under their own names.
 */
export function mountsOf(naming: Naming, timers: TimerOptions): readonly Mount[] {
  const { legacy_namespace: isLegacy, global_prefix: global, prefix_stats: own } = naming
  const { flush_counts: withCounts, global_suffix: suffix } = naming
  const within = (prefix: string) => [global, prefix].flatMap(partsOf)
  const prefixes = isLegacy
    ? { counter: ['stats'], timer: ['stats', 'timers'], gauge: ['stats', 'gauges'] }
    : {
        counter: within(naming.prefix_counter),
        timer: within(naming.prefix_timer),
        gauge: within(naming.prefix_gauge),
      }
  const sets = isLegacy ? ['stats', 'sets'] : within(naming.prefix_set)
  const end = partsOf(suffix ?? '')
  const leaf = (text: string, figure: Figure, consolidation?: Leaf['consolidation']): Leaf => ({
    parts: [...partsOf(text), ...end],
    figure,
    ...(consolidation && { consolidation }),
  })
  const all = () => true
  const numStats = `${own}.numStats`
  const isOwn = (name: string) => name.startsWith(`${own}.`) && !(isLegacy && name === numStats)
  const rates = leaf(isLegacy ? '' : 'rate', 'rate')
  const sums = leaf(isLegacy ? '' : 'count', 'sum', 'sum')
  const counters: Mount[] = isLegacy
    ? [
        { prefix: prefixes.counter, type: 'counter', leaves: [rates], has: all },
        ...(withCounts
          ? [{ prefix: ['stats_counts'], type: 'counter', leaves: [sums], has: all } as const]
          : []),
      ]
    : [
        {
          prefix: prefixes.counter,
          type: 'counter',
          leaves: withCounts ? [rates, sums] : [rates],
          has: all,
        },
      ]
  return [
    ...counters,
    { prefix: prefixes.timer, type: 'timer', leaves: timerLeaves(timers, leaf), has: all },
    { prefix: prefixes.gauge, type: 'gauge', leaves: [leaf('', 'value')], has: all },
    { prefix: sets, type: 'set', leaves: [leaf('count', 'count', 'sum')], has: all },
    {
      prefix: isLegacy ? ['stats'] : within(''),
      type: 'value',
      leaves: [leaf('', 'value')],
      has: isOwn,
    },
    {
      prefix: [],
      type: 'value',
      leaves: [{ parts: [], figure: 'value' }],
      has: (name) => !isOwn(name),
    },
  ]
}

const partsOf = (text: string): string[] => (text === '' ? [] : text.split('.'))

const basicKeys = [
  'count',
  'count_ps',
  'lower',
  'mean',
  'median',
  'std',
  'sum',
  'sum_squares',
  'upper',
]
/** What DogStatsD's histograms and distributions have beside these. */
const datadogKeys = ['avg', 'max', 'min', '95percentile', 'p50', 'p75', 'p90', 'p95', 'p99']

/** The figures that timers have by the options of now; any other that is stored is found by its name. */
function timerLeaves(timers: TimerOptions, leaf: MakeLeaf): Leaf[] {
  const rules = figureRules(timers)
  const percents = rules.percents.flatMap((percent) => {
    const { count, mean, boundary, sum, sumSquares } = percent
    return [count, mean, boundary, sum, sumSquares].filter((key) => key !== undefined)
  })
  const bins = timers.histogram.flatMap(({ metric }) => rules.binsOf(metric).map(({ key }) => key))
  const basic = basicKeys.filter((key) => rules.wants(key))
  const datadog = timers.isDatadog ? datadogKeys : []
  return [...new Set([...basic, ...percents, ...bins, ...datadog])].map((key) =>
    timerLeaf(key, leaf),
  )
}

type MakeLeaf = (text: string, figure: Figure, consolidation?: Leaf['consolidation']) => Leaf

function timerLeaf(key: string, leaf: MakeLeaf): Leaf {
  if (/^(sum|count)(_|$)|^histogram\./.test(key) && key !== 'count_ps') {
    return leaf(key, { exact: key }, 'sum')
  }
  if (/^(upper|max)/.test(key)) return leaf(key, { exact: key }, 'max')
  if (/^(lower|min)/.test(key)) return leaf(key, { exact: key }, 'min')
  return leaf(key, { exact: key })
}
