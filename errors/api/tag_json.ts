import type { JsonRecord } from '../../store/search.ts'
import { iso, type Asked, type Row } from './asked.ts'

/** Values of one tag that an answer shows with the tag. */
const topValues = 10

/** Tags of an issue with their commonest values, as Sentry has them; counts are exact. */
export function issueTags(issue: number, asked: Asked): JsonRecord[] {
  const rows = asked.rows(
    `select key, sum(events) as n, count(*) - sum(value = '') as distinct_values from issue_tags where issue = ?
     group by key order by key`,
    issue,
  )
  return rows.map((row) => ({
    key: String(row['key']),
    name: nameOf(String(row['key'])),
    totalValues: Number(row['n']),
    uniqueValues: Number(row['distinct_values']),
    topValues: tagValues(issue, String(row['key']), asked, topValues),
  }))
}

/** Commonest first. What had no room is left out here, and in `totalValues`. */
export function tagValues(issue: number, key: string, asked: Asked, most: number): JsonRecord[] {
  return asked
    .rows(
      `select value, events, first_seen_ms, last_seen_ms from issue_tags where issue = ? and key = ? and value <> ''
       order by events desc, value limit ?`,
      issue,
      key,
      most,
    )
    .map((row) => valueJson(key, row))
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
