import { conditionOf } from '../search/condition.ts'
import { keptEventsOf } from '../search/kept_events.ts'
import { defaultSearchLimits, parseSearch } from '../search/parse_search.ts'
import { SearchMeaningError, type SearchScope } from '../search/scope.ts'
import { SearchSyntaxError } from '../search/search_error.ts'
import { shortIdParts } from '../search/short_id.ts'
import { every, some, type Condition } from '../search/sql.ts'
import { inEnvironment } from '../search/condition.ts'
import type { Asked } from './asked.ts'
import { issuesJson } from './issue_json.ts'
import type { Placed } from './page.ts'
import { invalid, type WebAnswer } from './web_request.ts'

/** What issues can be ordered by, descending, and the column. */
const sorts = {
  date: 'i.last_seen_ms',
  new: 'i.first_seen_ms',
  freq: 'i.events',
  user: 'i.users',
} as const

/** GET …/issues/: `query` (without one `is:unresolved`), `sort`, `project`, `environment`, a period. */
export function listIssues(asked: Asked): WebAnswer {
  const short = shortIdOf(asked)
  if (short !== undefined) {
    const body = issuesJson([short], asked)
    if (body.length > 0) return { status: 200, headers: { 'x-sentry-direct-hit': '1' }, body }
  }
  const notes = { cut: false }
  const condition = every(conditionsOf(asked, () => (notes.cut = true)))
  const column = sortColumn(asked)
  const page = asked.page(
    { value: column, id: 'i.id' },
    (from, most) => {
      const found = asked.projects.flatMap(({ id }) => {
        const sql = `select i.id as id, ${column} as value from issues i
          where i.project = ? and (${condition.sql}) and ${from.sql} order by ${from.order} limit ?`
        return asked
          .rows(sql, id, ...condition.values, ...from.values, most)
          .map((row): Placed => ({ id: Number(row['id']), value: Number(row['value']) }))
      })
      // Each project's are in order by their index; one more pass puts them together.
      const direction = from.order.endsWith('asc') ? 1 : -1
      const inOrder = (a: Placed, b: Placed) => (a.value - b.value || a.id - b.id) * direction
      return found.toSorted(inOrder).slice(0, most)
    },
    (entries) =>
      issuesJson(
        entries.map(({ id }) => id),
        asked,
      ),
  )
  if (!notes.cut) return page
  // Old events were not looked into: said, so that nobody takes the answer for all there is.
  return {
    ...page,
    headers: { ...page.headers, 'x-weir-incomplete': 'older kept events were not searched' },
  }
}

/** Ids of the issues that a bulk request is about, at most `most`, newest first. */
export function issuesAsked(asked: Asked, most: number): number[] {
  const condition = every([...conditionsOf(asked, () => {}), projectCondition(asked)])
  const sql = `select i.id as id from issues i where ${condition.sql} order by i.last_seen_ms desc, i.id desc limit ?`
  return asked.rows(sql, ...condition.values, most).map((row) => Number(row['id']))
}

const projectCondition = (asked: Asked): Condition => ({
  sql: 'i.project in (select value from json_each(?))',
  values: [asked.projectIds],
})

function sortColumn(asked: Asked): string {
  const sort = asked.query.get('sort') || 'date'
  if (Object.hasOwn(sorts, sort)) return sorts[sort as keyof typeof sorts]
  throw invalid(`sort: "${sort.slice(0, 30)}" is not supported: expected date, new, freq or user`)
}

function conditionsOf(asked: Asked, cut: () => void): Condition[] {
  const { query, period, environments } = asked
  const scope = searchScope(asked, cut)
  const statuses = query.getAll('status').map((status): Condition => {
    const known = { muted: 'ignored', archived: 'ignored' }[status] ?? status
    return { sql: 'i.status = ?', values: [known] }
  })
  return [
    searchCondition(
      query.get('query') ?? (statuses.length > 0 ? '' : 'is:unresolved'),
      asked,
      scope,
    ),
    ...(statuses.length > 0 ? [some(statuses)] : []),
    ...(environments.length === 0
      ? []
      : [some(environments.map((name) => inEnvironment({ pieces: [name], from: 0 }, scope)))]),
    ...(period === undefined
      ? []
      : [
          { sql: 'i.last_seen_ms >= ?', values: [period.fromMs] },
          { sql: 'i.first_seen_ms <= ?', values: [period.untilMs] },
        ]),
  ]
}

export function searchScope(asked: Asked, cut: () => void): SearchScope {
  return {
    database: asked.database,
    projects: asked.slugs,
    actor: asked.request.actor,
    nowMs: asked.nowMs,
    issuesWith: keptEventsOf(asked.database, cut),
  }
}

/** @throws WebRefusal 400 naming the place in the text. */
function searchCondition(text: string, asked: Asked, scope: SearchScope): Condition {
  try {
    const maxLength = asked.request.limits.search_length_max
    return conditionOf(parseSearch(text, { ...defaultSearchLimits, maxLength }), scope)
  } catch (failure) {
    if (failure instanceof SearchSyntaxError || failure instanceof SearchMeaningError) {
      throw invalid(`query: ${failure.message}`)
    }
    throw failure
  }
}

/** With `shortIdLookup=1` a query that is a short id is that issue. */
function shortIdOf(asked: Asked): number | undefined {
  if (asked.query.get('shortIdLookup') !== '1') return undefined
  const parts = shortIdParts((asked.query.get('query') ?? '').trim())
  return parts && issueOfShortId(parts, asked)
}

export function issueOfShortId(
  { slug, number }: { slug: string; number: number },
  asked: Asked,
): number | undefined {
  const project = asked.slugs.get(slug)
  if (project === undefined) return undefined
  const row =
    asked.row('select id from issues where project = ? and number = ?', project, number) ??
    asked.row(
      'select into_issue as id from merged_issues where project = ? and number = ?',
      project,
      number,
    )
  return row && Number(row['id'])
}
