import type { JsonRecord } from '../../store/search.ts'
import { iso, type Asked, type Row } from './asked.ts'
import { userJson } from './issue_json.ts'

/** What happened to an issue, newest first, as Sentry's issues carry it. */
export function activityOf(issue: number, asked: Asked, most = 100): JsonRecord[] {
  return asked
    .rows(
      'select * from activity where issue = ? and undone = 0 order by id desc limit ?',
      issue,
      most,
    )
    .map(activityJson)
}

export const activityJson = (row: Row): JsonRecord => ({
  id: String(row['id']),
  type: String(row['kind']),
  user: typeof row['actor'] === 'string' ? userJson(row['actor']) : null,
  data: JSON.parse(String(row['data'])) as JsonRecord,
  dateCreated: iso(Number(row['at_ms'])),
})
