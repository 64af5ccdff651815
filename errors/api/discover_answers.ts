import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { hourMs } from '../digest/span.ts'
import { conditionOf } from '../search/condition.ts'
import { defaultSearchLimits, parseSearch } from '../search/parse_search.ts'
import { every, type Condition } from '../search/sql.ts'
import { iso, type Answering, type Asked, type Period, type Row } from './asked.ts'
import { eventFilter } from './event_filter.ts'
import { fieldOf } from './event_fields.ts'
import { eventColumns, eventTables, keptEvent } from './event_json.ts'
import { attributesOf, checkAsksIssues, elsewhere } from './issue_groups.ts'
import { searchScope } from './issue_list.ts'
import { guarded } from './search_refusal.ts'
import { gridOf, untilOf } from './series.ts'
import { answer, invalid, type WebAnswer } from './web_request.ts'

/**
 * Sentry's Discover, as far as issues and kept events tell it: with `id` among the fields kept events, one a row;
 * without it exact counts, grouped by what all events of an issue have in common.
 */
export const discoverEvents: Answering = (asked) => {
  const fields = asked.query.getAll('field')
  if (fields.length === 0) throw invalid('field: expected one at least, such as title or count()')
  checkDataset(asked)
  const rows = fields.includes('id') ? eventRows(fields, asked) : groupRows(fields, asked)
  const types = fields.map((field) => [field, typeOf(rows[0]?.[field])])
  return answer({
    data: rows,
    meta: { fields: Object.fromEntries(types) as JsonRecord, units: {}, isMetricsData: false },
  })
}

function checkDataset(asked: Asked): void {
  const dataset = asked.query.get('dataset') ?? ''
  if (['', 'errors', 'discover'].includes(dataset)) return
  throw invalid(`dataset: "${dataset.slice(0, 30)}" is not kept: expected errors, or ${elsewhere}`)
}

const typeOf = (value: JsonValue | undefined): string =>
  typeof value === 'number' ? 'number' : 'string'

const aggregates = /^(?:count|epm|last_seen)\(\)$/

function eventRows(fields: readonly string[], asked: Asked): JsonRecord[] {
  const unknown = fields.find((field) => field.includes('(') && !aggregates.test(field))
  if (unknown !== undefined)
    throw invalid(`field: ${unknown.slice(0, 60)} is not supported: ${elsewhere}`)
  const { limit } = asked
  const sort = sortOf(asked, '-timestamp', ['timestamp', 'last_seen()', 'count()', 'epm()'])
  // Each row is one event: by counts they are all the same.
  const direction = sort.sign > 0 && !/^(?:count|epm)/.test(sort.name) ? 'asc' : 'desc'
  const filter = eventFilter(asked)
  const sql = `select ${eventColumns} from ${eventTables} where e.project in (select value from json_each(?)) and ${filter.sql}
    order by e.id ${direction}`
  const found: JsonRecord[] = []
  let read = 0
  for (const row of asked.database.prepare(sql).iterate(asked.projectIds, ...filter.values)) {
    if (++read > filter.readMax) {
      asked.cut()
      break
    }
    const kept = keptEvent(row as Row)
    if (filter.fits(kept)) {
      const cells = fields.map((field) => [
        field,
        field === 'epm()' ? perMinute(1, asked) : fieldOf(field, kept, asked),
      ])
      found.push(Object.fromEntries(cells) as JsonRecord)
      if (found.length === limit) break
    }
  }
  return found
}

/** What rows are ordered by; `-` before it is descending. @throws WebRefusal 400 for what they cannot be ordered by. */
function sortOf(
  asked: Asked,
  usual: string,
  known: readonly string[],
): { readonly name: string; readonly sign: number } {
  const text = asked.query.get('sort') || usual
  const name = text.replace(/^-/, '')
  if (known.includes(name)) return { name, sign: text.startsWith('-') ? -1 : 1 }
  throw invalid(`sort: "${text.slice(0, 40)}" is not supported: expected ${known.join(', ')}`)
}

const dayMs = 24 * hourMs
const periodOf = (asked: Asked): Period =>
  asked.period ?? { fromMs: asked.nowMs - 90 * dayMs, untilMs: asked.nowMs }

function perMinute(count: number, asked: Asked): number {
  const { fromMs, untilMs } = periodOf(asked)
  return count / Math.max(1, (untilMs - fromMs) / 60_000)
}

/** Events by issue and hour of the issues that are asked, within a period. */
function hoursOf(asked: Asked, { fromMs, untilMs }: Period, byHour: boolean): Row[] {
  if (asked.environments.length > 0) {
    throw invalid(
      `environment: counts by the hour are kept by issue, not by environment: ${elsewhere}`,
    )
  }
  const condition = issueCondition(asked)
  return asked.rows(
    `select i.id, i.project, i.number, i.level, i.platform, i.type, i.last_seen_ms, t.title, t.culprit, t.error_type,
       t.error_value, ${byHour ? 'h.hour_ms,' : ''} sum(h.events) as n
     from issues i join issue_texts t on t.issue = i.id join issue_hours h on h.issue = i.id
     where i.project in (select value from json_each(?)) and h.hour_ms >= ? and h.hour_ms < ? and i.last_seen_ms >= ?
       and (${condition.sql}) group by i.id${byHour ? ', h.hour_ms' : ''}`,
    asked.projectIds,
    fromMs - (fromMs % hourMs),
    untilMs,
    fromMs - (fromMs % hourMs),
    ...condition.values,
  )
}

function issueCondition(asked: Asked): Condition {
  const text = asked.query.get('query') ?? ''
  const maxLength = asked.request.limits.search_length_max
  const node = guarded(() => parseSearch(text, { ...defaultSearchLimits, maxLength }))
  checkAsksIssues(node)
  return every([guarded(() => conditionOf(node, searchScope(asked)))])
}

function groupRows(fields: readonly string[], asked: Asked): JsonRecord[] {
  const names = fields.filter((field) => !aggregates.test(field))
  const groupOf = attributesOf(names)
  const groups = new Map<string, { by: JsonRecord; events: number; lastMs: number }>()
  for (const row of hoursOf(asked, periodOf(asked), false)) {
    const by = groupOf(row, asked)
    const key = JSON.stringify(by)
    const group = groups.get(key) ?? { by, events: 0, lastMs: 0 }
    group.events += Number(row['n'])
    group.lastMs = Math.max(group.lastMs, Number(row['last_seen_ms']))
    groups.set(key, group)
  }
  const { name, sign } = sortOf(asked, '-count()', ['count()', 'epm()', 'last_seen()', ...names])
  const valueOf = (group: { by: JsonRecord; events: number; lastMs: number }): JsonValue => {
    if (name === 'last_seen()') return group.lastMs
    return group.by[name] ?? group.events
  }
  return [...groups.values()]
    .toSorted((a, b) => compared(valueOf(a), valueOf(b)) * sign)
    .slice(0, asked.limit)
    .map(({ by, events, lastMs }) => {
      const values: JsonRecord = {
        ...by,
        'count()': events,
        'epm()': perMinute(events, asked),
        'last_seen()': iso(lastMs),
      }
      return Object.fromEntries(fields.map((field) => [field, values[field] ?? null]))
    })
}

/** Numbers among themselves, and texts. */
const compared = (a: JsonValue, b: JsonValue): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : textOrder(String(a), String(b))

const textOrder = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/** Exact counts by the hour: of all, or of the `topEvents` groups with most. */
export const discoverSeries: Answering = (asked) => {
  checkDataset(asked)
  const { query } = asked
  const axes = query.getAll('yAxis').length > 0 ? query.getAll('yAxis') : ['count()']
  const unknown = axes.find((axis) => axis !== 'count()' && axis !== 'epm()')
  if (unknown !== undefined)
    throw invalid(
      `yAxis: ${unknown.slice(0, 60)} is not supported: expected count() or epm(), or ${elsewhere}`,
    )
  const names = query.getAll('field').filter((field) => !axes.includes(field))
  const groupOf = attributesOf(names)
  const grid = gridOf(asked, dayMs, hourMs, true)
  const groups = new Map<string, number[]>()
  for (const row of hoursOf(asked, { fromMs: grid.fromMs, untilMs: untilOf(grid) }, true)) {
    const name = Object.values(groupOf(row, asked)).map(String).join(',')
    const steps = groups.get(name) ?? Array.from({ length: grid.steps }, () => 0)
    steps[Math.floor((Number(row['hour_ms']) - grid.fromMs) / grid.stepMs)]! += Number(row['n'])
    groups.set(name, steps)
  }
  const series = (steps: readonly number[], axis: string, order: number): JsonRecord => ({
    data: steps.map((events, step) => {
      const count = axis === 'count()' ? events : events / (grid.stepMs / 60_000)
      return [(grid.fromMs + step * grid.stepMs) / 1000, [{ count }]]
    }),
    order,
    start: grid.fromMs / 1000,
    end: untilOf(grid) / 1000,
    isMetricsData: false,
  })
  const ofAxes = (steps: readonly number[], order: number): JsonRecord =>
    axes.length === 1
      ? series(steps, axes[0]!, order)
      : Object.fromEntries(axes.map((axis, place) => [axis, series(steps, axis, place)]))
  return seriesAnswer(
    names.length > 0,
    groups,
    grid.steps,
    Number(query.get('topEvents')) || 5,
    ofAxes,
  )
}

function seriesAnswer(
  isGrouped: boolean,
  groups: ReadonlyMap<string, readonly number[]>,
  steps: number,
  most: number,
  ofAxes: (steps: readonly number[], order: number) => JsonRecord,
): WebAnswer {
  if (!isGrouped) return answer(ofAxes(groups.get('') ?? Array.from({ length: steps }, () => 0), 0))
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0)
  const top = [...groups].toSorted(([, a], [, b]) => sum(b) - sum(a)).slice(0, most)
  return answer(
    Object.fromEntries(top.map(([name, counts], order) => [name, ofAxes(counts, order)])),
  )
}
