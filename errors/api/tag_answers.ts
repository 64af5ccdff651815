import type { Answering } from './asked.ts'
import { tagCountsOf } from './tag_counts.ts'
import { nameOf, placedValue, valueJson, valuePlaces } from './tag_json.ts'
import { answer, notFound } from './web_request.ts'

const inProjects =
  'where g.issue in (select id from issues where project in (select value from json_each(?)))'

/** Each key once, by jumps over an index: reading all values of all issues would take long. */
const allKeys = `
  with recursive keys (key) as (
    select min(key) from issue_tags
    union all select (select min(g.key) from issue_tags g where g.key > keys.key) from keys where keys.key is not null)
  select key, n from (
    select k.key, (select count(*) from issue_tags g where g.key = k.key) as n from keys k where k.key is not null
    union all select 'release', count(*) from issue_releases
    union all select 'environment', count(*) from issue_environments)
  where n > 0 and ?1 is not null`
const ofProjects = inProjects.replace('?', '?1')
const keysOfProjects = `
  select key, n from (
    select g.key, count(*) as n from issue_tags g ${ofProjects} group by g.key
    union all select 'release', count(*) from issue_releases g ${ofProjects}
    union all select 'environment', count(*) from issue_environments g ${ofProjects})
  where n > 0`
/** Keys have their places by these: those with the most values first. */
const keyPlaces = { value: 'n', id: 'key', isNamed: true } as const

/** Keys of the tags of a project's issues, or of all, with how many values issues have of each. */
export const listTags: Answering = (asked) => {
  const isAll = asked.projects.length === asked.request.projects.length
  return asked.page(
    keyPlaces,
    (from, most) =>
      asked
        .rows(
          `select * from (${isAll ? allKeys : keysOfProjects}) where ${from.sql} order by ${from.order} limit ?`,
          asked.projectIds,
          ...from.values,
          most,
        )
        .map((row) => ({ value: Number(row['n']), id: String(row['key']) })),
    (entries) =>
      entries.map(({ value, id }) => ({
        key: id,
        name: nameOf(id),
        totalValues: value,
        canDelete: false,
      })),
  )
}

export const oneTag: Answering = (asked) => {
  const key = asked.path('key')
  const row = asked.row(
    `select sum(g.events) as n, count(distinct nullif(g.value, '')) as distinct_values from ${tagCountsOf(key)}
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

/** Values of a tag, the commonest first; `query` is what they hold. */
export const tagValueList: Answering = (asked) => {
  const key = asked.path('key')
  const like = `%${(asked.query.get('query') ?? '').replaceAll(/[\\%_]/g, '\\$&')}%`
  return asked.page(
    valuePlaces,
    (from, most) =>
      asked
        .rows(
          `select * from (
             select g.value, sum(g.events) as events, min(g.first_seen_ms) as first_seen_ms,
               max(g.last_seen_ms) as last_seen_ms from ${tagCountsOf(key)} ${inProjects} and g.key = ?
               and g.value <> '' and g.value like ? escape '\\'
             group by g.value) g
           where ${from.sql} order by ${from.order} limit ?`,
          asked.projectIds,
          key,
          like,
          ...from.values,
          most,
        )
        .map(placedValue),
    (entries) => entries.map(({ row }) => valueJson(key, row)),
  )
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

/** Names of environments by project id, for main, which knows projects: those that are not hidden. */
export const projectEnvironments: Answering = (asked) => {
  const names: Record<string, string[]> = {}
  const rows = asked.rows(
    'select project, name from environments where hidden = 0 order by project, name',
  )
  for (const row of rows) (names[String(row['project'])] ??= []).push(String(row['name']))
  return answer(names)
}
