import type { Position } from '../../core/journal/batch.ts'
import type { Project } from '../projects/project.ts'
import type { Quota, QuotaCategory } from './quota_config.ts'
import type { RateLimit } from './rate_limits.ts'

/** Sources of positions in the journal that are counts of quotas begin so. */
export const quotaPosition = 'errors quota '

type Span = 'minute' | 'hour' | 'month'
const spans: readonly Span[] = ['minute', 'hour', 'month']

interface Count {
  startMs: number
  taken: number
}

/** Who a quota is for. */
interface Holder {
  /** `o`, `p 42`, `k <public key>`. */
  readonly id: string
  readonly scope: RateLimit['scope']
  readonly quota: Quota
}

/**
 * Counts what was taken, by minute, hour and calendar month (UTC), where a quota is set. The counts go into the
 * journal with the reports that they count, so that they are as right after a kill as the reports are.
 */
export class Quotas {
  readonly #counts = new Map<string, Map<string, Count>>()
  readonly #changed = new Set<string>()
  #overall: Quota

  /** @param recovered positions that an earlier thread left. */
  constructor(overall: Quota, recovered: Iterable<readonly [source: string, position: Position]>) {
    this.#overall = overall
    for (const [source, position] of recovered) {
      if (!source.startsWith(quotaPosition)) continue
      const counts = new Map<string, Count>()
      for (const [name, text] of Object.entries(position)) {
        const [startMs, taken] = String(text).split('/').map(Number)
        if (Number.isFinite(startMs) && Number.isFinite(taken)) {
          counts.set(name, { startMs: startMs!, taken: taken! })
        }
      }
      this.#counts.set(source.slice(quotaPosition.length), counts)
    }
  }

  configure(overall: Quota): void {
    this.#overall = overall
  }

  /**
   * Takes `amount` of a category, if every quota allows it; the limit that does not, otherwise.
   *
   * @param key public; empty for what came without.
   */
  take(
    project: Project,
    key: string,
    category: QuotaCategory,
    amount: number,
    nowMs: number,
  ): RateLimit | undefined {
    const holders: readonly Holder[] = [
      { id: 'o', scope: 'organization', quota: this.#overall },
      { id: `p ${project.id}`, scope: 'project', quota: project.settings.quota },
      { id: `k ${key}`, scope: 'key', quota: project.settings.key_quota },
    ]
    const counted: { holder: Holder; name: string; count: Count }[] = []
    for (const holder of holders) {
      const limits = holder.quota[category]
      if (!limits) continue
      for (const span of spans) {
        const limit = limits[span]
        if (limit === undefined) continue
        const name = `${category} ${span}`
        const count = this.#countOf(holder.id, name, startOf(span, nowMs))
        if (count.taken + amount > limit) {
          const seconds = Math.max(1, Math.ceil((endOf(span, count.startMs) - nowMs) / 1000))
          return { seconds, scope: holder.scope, reason: `quota_${category}_${span}` }
        }
        counted.push({ holder, name, count })
      }
    }
    for (const { holder, count } of counted) {
      count.taken += amount
      this.#changed.add(holder.id)
    }
    return undefined
  }

  /** What changed since the last call, to become durable with what it counts. */
  changes(): Record<string, Position> | undefined {
    if (this.#changed.size === 0) return undefined
    const changes: Record<string, Position> = {}
    for (const id of this.#changed) {
      const counts = Array.from(this.#counts.get(id)!, ([name, { startMs, taken }]) => {
        return [name, `${startMs}/${taken}`] as const
      })
      changes[quotaPosition + id] = Object.fromEntries(counts)
    }
    this.#changed.clear()
    return changes
  }

  #countOf(holder: string, name: string, startMs: number): Count {
    let counts = this.#counts.get(holder)
    if (!counts) this.#counts.set(holder, (counts = new Map()))
    const count = counts.get(name)
    // A clock that is set back begins no span anew.
    if (count && count.startMs >= startMs) return count
    const fresh = { startMs, taken: 0 }
    counts.set(name, fresh)
    return fresh
  }
}

function startOf(span: Span, ms: number): number {
  if (span === 'minute') return ms - (ms % 60_000)
  if (span === 'hour') return ms - (ms % 3_600_000)
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

function endOf(span: Span, startMs: number): number {
  if (span === 'minute') return startMs + 60_000
  if (span === 'hour') return startMs + 3_600_000
  const date = new Date(startMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}
