import { dayMs } from '../digest/span.ts'
import { gridOf, seriesJson, untilOf, type Figure } from './series.ts'
import type { Answering, Asked, Row } from './asked.ts'
import { answer, invalid } from './web_request.ts'

/** What became of items has Sentry's names already; to Sentry, one that came again is invalid. */
const namedBySentry = (outcome: string): readonly [outcome: string, reason?: string] =>
  outcome === 'duplicate' ? ['invalid', outcome] : [outcome]

const quantity: Figure<'quantity'> = (amounts) => amounts.quantity
const figures: ReadonlyMap<string, Figure<'quantity'>> = new Map([
  ['sum(quantity)', quantity],
  ['sum(times_seen)', quantity],
])
const groupings = ['outcome', 'reason', 'category', 'project'] as const

/** What came in and what became of it, by the hour. */
export const organisationStats: Answering = (asked) => {
  const { query } = asked
  const fields = query.getAll('field')
  if (fields.length === 0) throw invalid('field: expected sum(quantity) or sum(times_seen)')
  const chosen = new Map(fields.map((field) => [field, knownField(field)]))
  const by = query.getAll('groupBy').map(knownGrouping)
  const grid = gridOf(asked, dayMs)
  const rows = hoursOf(asked, grid.fromMs, untilOf(grid))
  const [categories, wanted, reasons] = ['category', 'outcome', 'reason'].map(
    (name) => new Set(query.getAll(name)),
  )
  const samples = rows.flatMap((row) => {
    const [outcome, ownReason] = namedBySentry(String(row['outcome']))
    const facts = {
      outcome,
      reason: String(row['reason']) || (ownReason ?? 'none'),
      category: String(row['category']),
      project: Number(row['project']),
    }
    const fits =
      (categories!.size === 0 || categories!.has(facts.category)) &&
      (wanted!.size === 0 || wanted!.has(facts.outcome)) &&
      (reasons!.size === 0 || reasons!.has(facts.reason))
    if (!fits) return []
    const group = Object.fromEntries(by.map((name) => [name, facts[name]]))
    return { ms: Number(row['hour_ms']), by: group, amounts: { quantity: Number(row['quantity']) } }
  })
  return answer(seriesJson(samples, grid, ['quantity'], chosen))
}

function knownField(field: string): Figure<'quantity'> {
  const figure = figures.get(field)
  if (figure) return figure
  throw invalid(
    `field: "${field.slice(0, 50)}" is not supported: expected sum(quantity) or sum(times_seen)`,
  )
}

function knownGrouping(name: string): (typeof groupings)[number] {
  const known = groupings.find((each) => each === name)
  if (known) return known
  throw invalid(
    `groupBy: "${name.slice(0, 50)}" is not supported: expected ${groupings.join(', ')}`,
  )
}

function hoursOf(asked: Asked, fromMs: number, untilMs: number): Row[] {
  return asked.rows(
    `select project, hour_ms, category, outcome, reason, sum(quantity) as quantity from project_hours
     where project in (select value from json_each(?)) and hour_ms >= ? and hour_ms < ?
     group by project, hour_ms, category, outcome, reason`,
    asked.projectIds,
    fromMs,
    untilMs,
  )
}

/** What `stat` of a project means among outcomes. */
const stats: Readonly<Record<string, readonly string[] | undefined>> = {
  received: undefined,
  generated: ['accepted'],
  rejected: ['rate_limited', 'invalid'],
  blacklisted: ['filtered'],
}

/** `[[seconds, events], …]` of a project. */
export const projectStats: Answering = (asked) => {
  const { query, nowMs } = asked
  const stat = query.get('stat') || 'received'
  if (!Object.hasOwn(stats, stat)) {
    throw invalid(
      `stat: "${stat.slice(0, 30)}" is not supported: expected ${Object.keys(stats).join(', ')}`,
    )
  }
  const resolution = query.get('resolution') || '1h'
  if (resolution !== '1h' && resolution !== '1d') {
    throw invalid(`resolution: "${resolution.slice(0, 30)}" is not supported: expected 1h or 1d`)
  }
  const stepMs = resolution === '1d' ? dayMs : dayMs / 24
  const seconds = (name: string, usual: number) => {
    const text = query.get(name)
    if (text === null || text === '') return usual
    if (!/^\d{1,12}(?:\.\d+)?$/.test(text)) throw invalid(`${name}: expected seconds since 1970`)
    return Number(text) * 1000
  }
  const untilMs = seconds('until', nowMs)
  const fromMs = Math.max(seconds('since', untilMs - dayMs), untilMs - 90 * dayMs)
  const first = Math.floor(fromMs / stepMs)
  const counts = Array.from({ length: Math.floor(untilMs / stepMs) - first + 1 }, (_, step) => [
    ((first + step) * stepMs) / 1000,
    0,
  ])
  for (const row of hoursOf(asked, first * stepMs, untilMs)) {
    if (stats[stat]?.includes(String(row['outcome'])) === false) continue
    if (
      row['category'] !== 'error' &&
      row['category'] !== 'security' &&
      row['category'] !== 'default'
    )
      continue
    const place = counts[Math.floor(Number(row['hour_ms']) / stepMs) - first]
    if (place) place[1]! += Number(row['quantity'])
  }
  return answer(counts)
}
