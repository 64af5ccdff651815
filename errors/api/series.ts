import type { JsonRecord } from '../../store/search.ts'
import { hourMs } from '../digest/span.ts'
import { periodMs } from '../search/moment.ts'
import { iso, type Asked } from './asked.ts'
import { invalid } from './web_request.ts'

/** Intervals of an answer with series: each begins at a whole interval of UTC. */
export interface Grid {
  readonly fromMs: number
  readonly stepMs: number
  readonly steps: number
}

const mostSteps = 1_000

/**
 * The period asked in steps of `interval`, an hour the least.
 *
 * @param widens steps grow where there would be too many.
 * @throws WebRefusal
 */
export function gridOf(
  asked: Asked,
  usualPeriodMs: number,
  usualStepMs = hourMs,
  widens = false,
): Grid {
  const { nowMs } = asked
  const period = asked.period ?? { fromMs: nowMs - usualPeriodMs, untilMs: nowMs }
  const text = asked.query.get('interval')
  const wantedMs = text === null || text === '' ? usualStepMs : periodMs(text)
  if (wantedMs === undefined || wantedMs <= 0) {
    throw invalid(`interval: "${text!.slice(0, 20)}" is no period such as 1h or 1d`)
  }
  // Counts are by the hour: shorter steps would be made up.
  const leastMs = widens ? (period.untilMs - period.fromMs) / (mostSteps - 1) : 0
  const stepMs = Math.max(1, Math.ceil(Math.max(wantedMs, leastMs) / hourMs)) * hourMs
  const fromMs = Math.floor(period.fromMs / stepMs) * stepMs
  const steps = Math.max(1, Math.ceil((period.untilMs - fromMs) / stepMs))
  if (steps > mostSteps) {
    throw invalid(
      `interval: the period has ${steps} steps of it, ${mostSteps} are allowed: ask a longer interval`,
    )
  }
  return { fromMs, stepMs, steps }
}

export const untilOf = ({ fromMs, stepMs, steps }: Grid): number => fromMs + steps * stepMs

/** One sum of the database: where it belongs, and amounts by name. */
export interface Sample<Amount extends string> {
  readonly ms: number
  readonly by: Readonly<Record<string, string | number>>
  readonly amounts: Readonly<Record<Amount, number>>
}

/** What a field of an answer is made from; null where there is nothing to divide by. */
export type Figure<Amount extends string> = (
  amounts: Readonly<Record<Amount, number>>,
) => number | null

/** `start`, `end`, `intervals` and `groups` with `totals` and `series`, as Sentry's statistics have them. */
export function seriesJson<Amount extends string>(
  samples: Iterable<Sample<Amount>>,
  grid: Grid,
  names: readonly Amount[],
  figures: ReadonlyMap<string, Figure<Amount>>,
): JsonRecord {
  const none = () => Object.fromEntries(names.map((name) => [name, 0])) as Record<Amount, number>
  const groups = new Map<
    string,
    { by: Sample<Amount>['by']; total: Record<Amount, number>; steps: Record<Amount, number>[] }
  >()
  for (const { ms, by, amounts } of samples) {
    const step = Math.floor((ms - grid.fromMs) / grid.stepMs)
    if (step < 0 || step >= grid.steps) continue
    const key = JSON.stringify(by)
    let group = groups.get(key)
    if (!group) {
      group = { by, total: none(), steps: Array.from({ length: grid.steps }, none) }
      groups.set(key, group)
    }
    for (const name of names) {
      group.total[name] += amounts[name]
      group.steps[step]![name] += amounts[name]
    }
  }
  return {
    start: iso(grid.fromMs),
    end: iso(untilOf(grid)),
    intervals: Array.from({ length: grid.steps }, (_, step) =>
      iso(grid.fromMs + step * grid.stepMs),
    ),
    groups: [...groups.values()].map(({ by, total, steps }) => ({
      by,
      totals: Object.fromEntries([...figures].map(([field, figure]) => [field, figure(total)])),
      series: Object.fromEntries(
        [...figures].map(([field, figure]) => [field, steps.map((amounts) => figure(amounts))]),
      ),
    })),
  }
}
