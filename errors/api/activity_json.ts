import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { iso, type Asked, type Row } from './asked.ts'
import { userJson } from './issue_json.ts'
import type { WebAnswer } from './web_request.ts'

/** What happened to an issue, newest first, as Sentry's issues carry it: the last 100. */
export function activityOf(issue: number, asked: Asked): JsonRecord[] {
  return asked
    .rows('select * from activity where issue = ? and undone = 0 order by id desc limit 100', issue)
    .map(activityJson)
}

/** The same in pages: all, or of one kind. */
export function activityPage(
  issue: number,
  kind: string | null,
  asked: Asked,
  show: (activity: JsonRecord[]) => JsonValue,
): WebAnswer {
  return asked.page(
    { value: 'id', id: 'id' },
    (from, most) =>
      asked
        .rows(
          `select * from activity where issue = ? and undone = 0 and kind = ifnull(?, kind) and ${from.sql}
           order by ${from.order} limit ?`,
          issue,
          kind,
          ...from.values,
          most,
        )
        .map((row) => ({ value: Number(row['id']), id: Number(row['id']), row })),
    (entries) => show(entries.map(({ row }) => activityJson(row))),
  )
}

export const activityJson = (row: Row): JsonRecord => ({
  id: String(row['id']),
  type: String(row['kind']),
  user: typeof row['actor'] === 'string' ? userJson(row['actor']) : null,
  data: JSON.parse(String(row['data'])) as JsonRecord,
  dateCreated: iso(Number(row['at_ms'])),
})
