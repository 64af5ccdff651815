import type { JsonRecord } from '../../store/search.ts'
import { iso, type Asked, type Row } from './asked.ts'
import { keyset, type Keyset } from './page.ts'
import { tagCounts, tagCountsOf } from './tag_counts.ts'

/** Values of one tag that an answer shows with the tag. */
const topValues = 10

/** Tags of an issue with their commonest values, as Sentry has them; counts are exact. */
export function issueTags(issue: number, asked: Asked): JsonRecord[] {
  return tagTotals(issue, null, asked).map(tagJson(issue, asked))
}

/** One of them; undefined when no event of the issue has it. */
export function issueTag(issue: number, key: string, asked: Asked): JsonRecord | undefined {
  const [row] = tagTotals(issue, key, asked)
  if (!row) return undefined
  // Weir's own: events whose value had no room of its own.
  return { ...tagJson(issue, asked)(row), otherValues: Number(row['others']) }
}

function tagTotals(issue: number, key: string | null, asked: Asked): Row[] {
  const { sql, values } = ofEnvironments(asked)
  return asked.rows(
    `select g.key, sum(g.events) as n, count(*) - sum(g.value = '') as distinct_values,
       sum(case when g.value = '' then g.events else 0 end) as others
     from ${tagCounts} where g.issue = ? and g.key = ifnull(?, g.key) and ${sql} group by g.key order by g.key`,
    issue,
    key,
    ...values,
  )
}

const tagJson = (issue: number, asked: Asked) => (row: Row) => ({
  key: String(row['key']),
  name: nameOf(String(row['key'])),
  totalValues: Number(row['n']),
  uniqueValues: Number(row['distinct_values']),
  topValues: tagValues(issue, String(row['key']), asked).map((each) =>
    valueJson(String(row['key']), each),
  ),
})

/** Rows of values have their places by these: the commonest first. */
export const valuePlaces = { value: 'g.events', id: 'g.value', isNamed: true } as const

export const placedValue = (row: Row) => ({
  value: Number(row['events']),
  id: String(row['value']),
  row,
})

/** Rows of an issue's values of a tag. What had no room is left out here, and in `uniqueValues`. */
export function tagValues(
  issue: number,
  key: string,
  asked: Asked,
  from: Keyset = keyset(valuePlaces, undefined),
  most = topValues,
): Row[] {
  const { sql, values } = ofEnvironments(asked)
  return asked.rows(
    `select g.value, g.events, g.first_seen_ms, g.last_seen_ms from ${tagCountsOf(key)}
     where g.issue = ? and g.key = ? and g.value <> '' and ${sql} and ${from.sql} order by ${from.order} limit ?`,
    issue,
    key,
    ...values,
    ...from.values,
    most,
  )
}

/** `environment=` of the request: only environments themselves are counted by it. */
function ofEnvironments({ environments }: Asked) {
  if (environments.length === 0) return { sql: '1', values: [] }
  const sql = "(g.key <> 'environment' or g.value in (select value from json_each(?)))"
  return { sql, values: [JSON.stringify(environments)] }
}

export function valueJson(key: string, row: Row): JsonRecord {
  const value = String(row['value'])
  return {
    key,
    name: value,
    value,
    count: Number(row['events']),
    firstSeen: iso(Number(row['first_seen_ms'])),
    lastSeen: iso(Number(row['last_seen_ms'])),
    ...(key === 'user' && userOf(value)),
  }
}

/** `id:7` as Sentry shows users beside their tag. */
function userOf(value: string): JsonRecord {
  const [kind, text] = [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)]
  return {
    id: kind === 'id' ? text : null,
    username: kind === 'username' ? text : null,
    email: kind === 'email' ? text : null,
    ipAddress: kind === 'ip' ? text : null,
    identifier: value,
    query: `user:"${value}"`,
  }
}

export const nameOf = (key: string): string =>
  key.replaceAll(/[._-]/g, ' ').replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase())
