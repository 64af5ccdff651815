import { type LinearRegExp, linearRegExp } from '../../../core/linear_regexp.ts'
import { Globs } from './globs.ts'
import type { MappingFile, MappingRule } from './schema.ts'
import { fillFromGlob, fillFromRegExp } from './template.ts'

/** What a rule may ask for; timers, histograms and distributions are observers. */
export type MappedKind = 'counter' | 'gauge' | 'observer'

/** How values that are observed are shown. */
export type Observer =
  | { readonly type: 'histogram'; readonly buckets: readonly number[] }
  | {
      readonly type: 'summary'
      readonly quantiles: readonly number[]
      readonly maxAgeMs: number
      readonly ageBuckets: number
    }

export interface Mapped {
  /** Undefined where no rule fits: the StatsD name holds. */
  readonly name: string | undefined
  readonly labels: Readonly<Record<string, string>>
  /** Whether tags of the metric go before labels of the rule. */
  readonly honorLabels: boolean
  readonly help: string | undefined
  readonly scale: number
  /** 0: it stays. */
  readonly ttlMs: number
  readonly observer: Observer
}

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const defaultQuantiles = [0.5, 0.9, 0.99]
const defaultMaxAgeMs = 600_000
const defaultAgeBuckets = 5

interface Rule extends Omit<Mapped, 'name' | 'labels'> {
  readonly name: string
  readonly labels: readonly (readonly [label: string, template: string])[]
  readonly drop: boolean
}

/** The rules of a mapping file, ready to be asked. */
export class Mapper {
  readonly #globs: Readonly<Record<MappedKind, Globs<Rule>>>
  readonly #expressions: { kind: MappedKind | undefined; expression: LinearRegExp; rule: Rule }[]
  readonly #unmapped: Mapped

  constructor({ defaults, mappings }: MappingFile) {
    const ordered = !defaults.glob_disable_ordering
    const globs = () => new Globs<Rule>({ ordered })
    this.#globs = { counter: globs(), gauge: globs(), observer: globs() }
    this.#expressions = []
    for (const each of mappings) {
      const rule = ruleOf(each, defaults)
      const wanted = each.match_metric_type === 'timer' ? 'observer' : each.match_metric_type
      if ((each.match_type ?? defaults.match_type) === 'regex') {
        this.#expressions.push({ kind: wanted, expression: linearRegExp(each.match), rule })
        continue
      }
      for (const kind of ['counter', 'gauge', 'observer'] as const) {
        // A place in the order for every rule, whichever kinds it is for.
        if (wanted === undefined || wanted === kind) this.#globs[kind].add(each.match, rule)
      }
    }
    this.#unmapped = {
      name: undefined,
      labels: {},
      honorLabels: false,
      help: undefined,
      scale: 1,
      ttlMs: defaults.ttl,
      observer: observerOf(undefined, defaults),
    }
  }

  /** What the first rule that fits says: globs before expressions. `drop` where it says so. */
  map(name: string, kind: MappedKind): Mapped | 'drop' {
    const found = this.#globs[kind].match(name)
    if (found) return filled(found.rule, (text) => fillFromGlob(text, found.captures))
    for (const { kind: wanted, expression, rule } of this.#expressions) {
      if (wanted !== undefined && wanted !== kind) continue
      const match = expression.match(name)
      if (match) return filled(rule, (text) => fillFromRegExp(text, match))
    }
    return this.#unmapped
  }
}

function filled(rule: Rule, fill: (template: string) => string): Mapped | 'drop' {
  if (rule.drop) return 'drop'
  const labels = Object.fromEntries(rule.labels.map(([label, text]) => [label, fill(text)]))
  return { ...rule, name: fill(rule.name), labels }
}

function ruleOf(each: MappingRule, defaults: MappingFile['defaults']): Rule {
  return {
    name: each.name ?? '',
    labels: Object.entries(each.labels),
    honorLabels: each.honor_labels,
    help: each.help,
    scale: each.scale ?? 1,
    // 0 in a rule is as if it said nothing, as in statsd_exporter.
    ttlMs: each.ttl || defaults.ttl,
    observer: observerOf(each, defaults),
    drop: each.action === 'drop',
  }
}

function observerOf(each: MappingRule | undefined, defaults: MappingFile['defaults']): Observer {
  const type =
    each?.observer_type ?? each?.timer_type ?? defaults.observer_type ?? defaults.timer_type
  if (type === 'histogram') {
    const buckets =
      notEmpty(each?.histogram_options?.buckets) ??
      notEmpty(each?.buckets) ??
      notEmpty(defaults.histogram_options.buckets) ??
      notEmpty(defaults.buckets) ??
      defaultBuckets
    // Infinity is added anyway.
    return { type, buckets: buckets.filter((bound) => bound !== Infinity) }
  }
  const { summary_options: own } = each ?? {}
  const { summary_options: general } = defaults
  const quantiles =
    notEmpty(own?.quantiles) ??
    notEmpty(each?.quantiles) ??
    notEmpty(general.quantiles) ??
    notEmpty(defaults.quantiles)
  return {
    type: 'summary',
    quantiles: quantiles?.map(({ quantile }) => quantile) ?? defaultQuantiles,
    maxAgeMs: own?.max_age || general.max_age || defaultMaxAgeMs,
    ageBuckets: own?.age_buckets || general.age_buckets || defaultAgeBuckets,
  }
}

const notEmpty = <Value>(list: readonly Value[] | undefined) =>
  list !== undefined && list.length > 0 ? list : undefined
