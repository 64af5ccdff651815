import { conditionOf, inEnvironment } from '../search/condition.ts'
import { keptEventsOf } from '../search/kept_events.ts'
import { defaultSearchLimits, parseSearch } from '../search/parse_search.ts'
import type { SearchScope } from '../search/scope.ts'
import { shortIdParts } from '../search/short_id.ts'
import { every, some, type Condition } from '../search/sql.ts'
import { statuses as all, statusesOf } from '../search/statuses.ts'
import type { SearchNode } from '../search/tree.ts'
import type { Asked } from './asked.ts'
import { guarded } from './search_refusal.ts'
import { issuesJson } from './issue_json.ts'
import type { Placed } from './page.ts'
import { invalid, type WebAnswer } from './web_request.ts'

/** What issues can be ordered by, descending: the column, and whether an index has it in order. */
const sorts: Readonly<Record<string, { readonly column: string; readonly indexed: boolean }>> = {
  date: { column: 'i.last_seen_ms', indexed: true },
  new: { column: 'i.first_seen_ms', indexed: true },
  freq: { column: 'i.events', indexed: false },
  user: { column: 'i.users', indexed: false },
  // High before medium before low, and of each the last seen first: no time in milliseconds is that large.
  priority: {
    column: `(case i.priority when 'high' then 2 when 'medium' then 1 else 0 end) * 10000000000000 + i.last_seen_ms`,
    indexed: false,
  },
}

interface PlacedIssue extends Placed {
  readonly id: number
}

/** GET …/issues/: `query` (without one `is:unresolved`), `sort`, `project`, `environment`, a period. */
export function listIssues(asked: Asked): WebAnswer {
  const short = shortIdOf(asked)
  if (short !== undefined) {
    const body = issuesJson([short], asked)
    if (body.length > 0) return { status: 200, headers: { 'x-sentry-direct-hit': '1' }, body }
  }
  const { conditions, statuses } = conditionsOf(asked)
  const condition = every(conditions)
  const sort = sortOf(asked)
  return asked.page(
    { value: sort.column, id: 'i.id' },
    (from, most) => {
      const select = (table: string, where: string) =>
        `select i.id as id, ${sort.column} as value from ${table} where ${where} and (${condition.sql}) and ${from.sql}
         order by ${from.order} limit ?`
      const find = (sql: string, ...where: (string | number)[]) =>
        asked
          .rows(sql, ...where, ...condition.values, ...from.values, most)
          .map((row): PlacedIssue => ({ id: Number(row['id']), value: Number(row['value']) }))
      // Without an index in that order all issues are looked at: then as they lie, which is faster.
      if (!sort.indexed) {
        const where = 'i.project in (select value from json_each(?))'
        return find(select('issues i not indexed', where), asked.projectIds)
      }
      const parts = asked.projects.flatMap(({ id }) =>
        statuses.flatMap((status) =>
          find(select('issues i', 'i.project = ? and i.status = ?'), id, status),
        ),
      )
      const direction = from.order.endsWith('asc') ? 1 : -1
      const inOrder = (a: PlacedIssue, b: PlacedIssue) =>
        (a.value - b.value || a.id - b.id) * direction
      return parts.toSorted(inOrder).slice(0, most)
    },
    (entries) =>
      issuesJson(
        entries.map(({ id }) => id),
        asked,
      ),
  )
}

/** Ids of the issues that a bulk request is about, at most `most`, newest first; without a query all. */
export function issuesAsked(asked: Asked, most: number): number[] {
  const condition = every([...conditionsOf(asked, '').conditions, projectCondition(asked)])
  const sql = `select i.id as id from issues i where ${condition.sql} order by i.last_seen_ms desc, i.id desc limit ?`
  return asked.rows(sql, ...condition.values, most).map((row) => Number(row['id']))
}

const projectCondition = (asked: Asked): Condition => ({
  sql: 'i.project in (select value from json_each(?))',
  values: [asked.projectIds],
})

function sortOf(asked: Asked) {
  const name = asked.query.get('sort') || 'date'
  const sort = Object.hasOwn(sorts, name) ? sorts[name] : undefined
  if (sort) return sort
  throw invalid(
    `sort: "${name.slice(0, 30)}" is not supported: expected ${Object.keys(sorts).join(', ')}`,
  )
}

/** What the parameters ask of issues, and the statuses that those can have. */
function conditionsOf(
  asked: Asked,
  usual = 'is:unresolved',
): { readonly conditions: readonly Condition[]; readonly statuses: readonly string[] } {
  const { query, period, environments } = asked
  const scope = searchScope(asked)
  const named = query.getAll('status').map(statusOf)
  const search = searchOf(query.get('query') ?? (named.length > 0 ? '' : usual), asked)
  const statuses = statusesOf(search).filter(
    (status) => named.length === 0 || named.includes(status),
  )
  const inThem = environments.map((name) => inEnvironment({ pieces: [name], from: 0 }, scope))
  const conditions: Condition[] = [
    guarded(() => conditionOf(search, scope)),
    ...(named.length > 0
      ? [some(named.map((status) => ({ sql: 'i.status = ?', values: [status] })))]
      : []),
    ...(inThem.length > 0 ? [some(inThem)] : []),
    ...(period === undefined
      ? []
      : [
          { sql: 'i.last_seen_ms >= ?', values: [period.fromMs] },
          { sql: 'i.first_seen_ms <= ?', values: [period.untilMs] },
        ]),
  ]
  return { conditions, statuses }
}

/** @throws WebRefusal 400 */
function statusOf(name: string): string {
  const status = aliases.get(name) ?? name
  if (all.some((each) => each === status)) return status
  throw invalid(`status: "${name.slice(0, 30)}" is none: expected ${all.join(', ')}`)
}

/** Names of statuses that clients of other times use. */
const aliases = new Map([
  ['muted', 'ignored'],
  ['archived', 'ignored'],
])

export function searchScope(asked: Asked): SearchScope {
  const { search_events_max: found, search_bodies_max: read } = asked.request.limits
  return {
    database: asked.database,
    projects: asked.slugs,
    actor: asked.request.actor,
    nowMs: asked.nowMs,
    issuesWith: keptEventsOf(asked.database, asked.cut, { found, read }),
  }
}

export function searchOf(text: string, asked: Asked): SearchNode {
  const maxLength = asked.request.limits.search_length_max
  return guarded(() => parseSearch(text, { ...defaultSearchLimits, maxLength }))
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
