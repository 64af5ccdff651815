import type { Answering } from './asked.ts'
import { nameOf, valueJson } from './tag_json.ts'
import { answer, notFound } from './web_request.ts'

const inProjects =
  'join issues i on i.id = g.issue where i.project in (select value from json_each(?))'

/** Keys of the tags of a project's issues, or of all; the commonest first. */
export const listTags: Answering = (asked) => {
  const isAll = asked.projects.length === asked.request.projects.length
  const rows = asked.rows(
    `select g.key, sum(g.events) as n from issue_tags g ${isAll ? 'where ? is not null' : inProjects}
     group by g.key order by n desc, g.key limit ?`,
    asked.projectIds,
    asked.limit,
  )
  return answer(
    rows.map((row) => ({
      key: String(row['key']),
      name: nameOf(String(row['key'])),
      totalValues: Number(row['n']),
      canDelete: false,
    })),
  )
}

export const oneTag: Answering = (asked) => {
  const key = asked.path('key')
  const row = asked.row(
    `select sum(g.events) as n, count(distinct nullif(g.value, '')) as distinct_values from issue_tags g
     ${inProjects} and g.key = ?`,
    asked.projectIds,
    key,
  )
  if (row?.['n'] == null) throw notFound(`no event has a tag "${key.slice(0, 60)}"`)
  return answer({
    key,
    name: nameOf(key),
    totalValues: Number(row['n']),
    uniqueValues: Number(row['distinct_values']),
  })
}

/** Values of a tag, the commonest first; `query` is what they hold. Releases and environments are asked as tags, too. */
export const tagValueList: Answering = (asked) => {
  const key = asked.path('key')
  const like = `%${(asked.query.get('query') ?? '').replaceAll(/[\\%_]/g, '\\$&')}%`
  const [table, column, ofKey] =
    key === 'release' || key === 'environment'
      ? [`issue_${key}s`, key, '1 = 1 or ? is null']
      : ['issue_tags', 'value', 'g.key = ?']
  const rows = asked.rows(
    `select g.${column} as value, sum(g.events) as events, min(g.first_seen_ms) as first_seen_ms,
       max(g.last_seen_ms) as last_seen_ms from ${table} g ${inProjects} and (${ofKey})
       and g.${column} <> '' and g.${column} like ? escape '\\'
     group by g.${column} order by events desc, g.${column} limit ?`,
    asked.projectIds,
    key,
    like,
    asked.limit,
  )
  return answer(rows.map((row) => valueJson(key, row)))
}

/** Environments that events or sessions named. */
export const listEnvironments: Answering = (asked) => {
  const visibility = asked.query.get('visibility') || 'visible'
  const rows = asked.rows(
    `select name, min(hidden) as hidden from environments
     where project in (select value from json_each(?1))
     group by name having ?2 = 'all' or min(hidden) = (?2 = 'hidden') order by name limit 1000`,
    asked.projectIds,
    visibility,
  )
  return answer(
    rows.map((row) => ({
      id: String(row['name']),
      name: String(row['name']),
      isHidden: row['hidden'] === 1,
    })),
  )
}
