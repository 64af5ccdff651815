import { periodBounds } from './layout.ts'
import type { PointSegment } from './point_manifest.ts'
import type { RetentionRules } from './retention_rules.ts'

export interface PlanOptions {
  readonly rules: RetentionRules
  readonly nowMs: number
  /** Files of about the same size that are merged together. */
  readonly fanIn: number
  /** Rows of what is merged, at most about. */
  readonly rowsMax: number
}

/** How long after its end a period counts as whole, so that its files are merged to few. */
const closedAfterMs = 300_000
/** Fresh files are not left lying longer than this, however few they are. */
const freshMs = 3_600_000

/**
 * The files to write anew next, all of one step and period; undefined when all is well: what retention wants
 * otherwise, then fresh files, then files of one period that are many.
 */
export function pointPlan(
  segments: Iterable<PointSegment>,
  options: PlanOptions,
): PointSegment[] | undefined {
  const all = [...segments]
  const groups = [...Map.groupBy(all, ({ stepMs, period }) => `${stepMs} ${period ?? ''}`)]
  for (const plan of [duePlan, tierPlan]) {
    for (const [, members] of groups) {
      const inOrder = members.toSorted((a, b) => a.lastOrder - b.lastOrder || a.id - b.id)
      const found = plan(inOrder, options)
      if (found) return withRewritten(found, all, options)
    }
  }
  return undefined
}

/**
 * A point that was written again has to meet what it replaces before the two are rolled up, where they would add up.
 * So what is merged and has old points takes along, as far as there is room, other files of that time.
 */
function withRewritten(
  found: PointSegment[],
  all: readonly PointSegment[],
  { rules, nowMs, rowsMax }: PlanOptions,
): PointSegment[] {
  if (found[0]!.stepMs !== 0) return found
  const fromMs = Math.min(...found.map(({ minMs }) => minMs))
  const toMs = rules.rolledBefore(nowMs)
  if (fromMs >= toMs) return found
  let rows = found.reduce((sum, segment) => sum + segment.rows, 0)
  const taken = [...found]
  for (const segment of all) {
    const isThere = segment.stepMs === 0 && segment.minMs < toMs && segment.maxMs >= fromMs
    if (!isThere || taken.includes(segment) || rows + segment.rows > rowsMax) continue
    taken.push(segment)
    rows += segment.rows
  }
  return taken.toSorted((a, b) => a.lastOrder - b.lastOrder || a.id - b.id)
}

function duePlan(
  members: readonly PointSegment[],
  { rules, nowMs, rowsMax }: PlanOptions,
): PointSegment[] | undefined {
  const due = members.filter((segment) => {
    if (segment.period === undefined) return nowMs - segment.maxMs > freshMs
    return segment.rules !== rules.id || rules.isDue(segment, nowMs)
  })
  return due.length === 0 ? undefined : upTo(due, rowsMax)
}

function tierPlan(
  members: readonly PointSegment[],
  { nowMs, fanIn, rowsMax }: PlanOptions,
): PointSegment[] | undefined {
  const { period, stepMs } = members[0]!
  if (period === undefined) return members.length < fanIn ? undefined : upTo(members, rowsMax)
  const isClosed = periodBounds(stepMs, period).toMs + closedAfterMs < nowMs
  const least = isClosed ? 2 : Math.max(2, fanIn)
  const small = members.filter(({ rows }) => rows < rowsMax / 2)
  // One eighth of it and more is about the same size; to compact is to join whatever there is.
  const sizeOf = (rows: number) => Math.floor(Math.log2(Math.max(rows, 1_000)) / 3)
  const tiers = Map.groupBy(small, ({ rows }) => (fanIn === 1 ? 0 : sizeOf(rows)))
  for (const tier of tiers.values()) {
    if (tier.length >= least) return upTo(between(members, tier), rowsMax)
  }
  return undefined
}

/** Those of `members` from the first to the last of `tier`: of points written twice the order decides. */
function between(
  members: readonly PointSegment[],
  tier: readonly PointSegment[],
): readonly PointSegment[] {
  return members.slice(members.indexOf(tier[0]!), members.indexOf(tier.at(-1)!) + 1)
}

function upTo(members: readonly PointSegment[], rowsMax: number): PointSegment[] {
  const taken: PointSegment[] = []
  let rows = 0
  for (const segment of members) {
    if (taken.length >= 2 && rows + segment.rows > rowsMax) break
    taken.push(segment)
    rows += segment.rows
  }
  return taken
}
