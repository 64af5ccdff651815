import { defaultSteps, type MetricsOptions } from '../../metrics_config.ts'
import { type Archive, parseRetention } from '../../retention_steps.ts'
import { nameOfSeries } from '../../series.ts'

/** Series whose rule is remembered; beyond it they are looked up anew. */
const rememberedMax = 100_000

/** Which archives a series has: the first rule whose expression its dotted name fits, or the default. */
export class RetentionRules {
  /** Of each rule, the default last. */
  readonly archives: readonly (readonly Archive[])[]
  /** Names these rules: whatever was made by others is looked at again. */
  readonly id: string
  readonly #patterns: readonly RegExp[]
  readonly #remembered = new Map<string, number>()

  constructor({ retention }: Pick<MetricsOptions, 'retention'>) {
    this.#patterns = retention.map(({ match }) => new RegExp(match, 'u'))
    const steps = [...retention.map((rule) => rule.steps), defaultSteps]
    this.archives = steps.map(parseRetention)
    this.id = JSON.stringify([retention.map(({ match }) => match), steps])
  }

  /** The place of its rule in `archives`. */
  ruleOf(series: string): number {
    const known = this.#remembered.get(series)
    if (known !== undefined) return known
    const name = nameOfSeries(series)
    const found = this.#patterns.findIndex((pattern) => pattern.test(name))
    const rule = found < 0 ? this.#patterns.length : found
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear()
    this.#remembered.set(series, rule)
    return rule
  }

  /** The one rule that every series has; undefined when it depends on the name. */
  get only(): number | undefined {
    const [first] = this.#patterns
    if (!first) return 0
    return ['', '.*', '^.*$', '^', '$'].includes(first.source.replace('(?:)', '')) ? 0 : undefined
  }

  /** How long the longest of all rules keeps anything. */
  get longestMs(): number {
    return Math.max(...this.archives.map((archives) => archives.at(-1)!.keepMs))
  }

  /** Points as they came that are older than this may be rolled up, by some rule, when they are merged. */
  rolledBefore(nowMs: number): number {
    return Math.max(...this.archives.map((archives) => keptFrom(archives, 0, nowMs)))
  }

  /** Whether some rule may want points of `stepMs` otherwise now than it did at `checkedMs`. */
  isDue(points: { readonly maxMs: number; readonly checkedMs: number }, nowMs: number): boolean {
    return this.archives.some((archives) =>
      archives.some((_, place) => {
        const leftAt = (atMs: number) => points.maxMs < keptFrom(archives, place, atMs)
        return leftAt(nowMs) && !leftAt(points.checkedMs)
      }),
    )
  }
}

/** When a point of an archive goes on to the next, or is gone: those before this. A whole step goes at once. */
export function keptFrom(archives: readonly Archive[], place: number, nowMs: number): number {
  const { keepMs } = archives[place]!
  const coarser = archives[place + 1] ?? archives[place]!
  return Math.floor((nowMs - keepMs) / coarser.stepMs) * coarser.stepMs
}

/** The finest archive that still has points of `fromMs`; the coarsest when none has. */
export function archiveFrom(archives: readonly Archive[], fromMs: number, nowMs: number): Archive {
  return archives.find(({ keepMs }) => nowMs - fromMs <= keepMs) ?? archives.at(-1)!
}
