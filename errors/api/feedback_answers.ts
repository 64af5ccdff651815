import type { JsonRecord } from '../../store/search.ts'
import { iso, type Answering, type Asked, type Row } from './asked.ts'
import { issuesJson } from './issue_json.ts'

/** What users said of a project, or of all: the newest first. */
export const listFeedback: Answering = (asked) =>
  asked.page(
    { value: 'f.id', id: 'f.id' },
    (from, most) =>
      asked
        .rows(
          `select f.* from feedback f where f.project in (select value from json_each(?)) and ${from.sql}
           order by ${from.order} limit ?`,
          asked.projectIds,
          ...from.values,
          most,
        )
        .map((row) => ({ value: Number(row['id']), id: Number(row['id']), row })),
    (entries) => entries.map(({ row }) => feedbackJson(row, asked)),
  )

export function feedbackJson(row: Row, asked: Asked): JsonRecord {
  const id =
    row['event_id'] === null ? null : Buffer.from(row['event_id'] as Uint8Array).toString('hex')
  const [issue] = row['issue'] === null ? [] : issuesJson([Number(row['issue'])], asked)
  return {
    id: String(row['id']),
    eventID: id,
    name: row['name'] as string | null,
    email: row['email'] as string | null,
    comments: String(row['message']),
    dateCreated: iso(Number(row['received_ms'])),
    user: null,
    event: id === null ? null : { id, eventID: id },
    issue: issue ?? null,
    url: row['url'] as string | null,
    source: String(row['source']),
  }
}
