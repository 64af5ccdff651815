import { shortIdParts } from '../search/short_id.ts'
import type { Asked, Row } from './asked.ts'
import { issueColumns } from './issue_json.ts'
import { issueOfShortId } from './issue_list.ts'
import { notFound } from './web_request.ts'

/** The row of the issue that the path names, by number or short id; one that was merged leads on. @throws WebRefusal 404 */
export function issueOf(asked: Asked): Row {
  const name = asked.path('issue')
  const id = idOf(name, asked)
  const row = id === undefined ? undefined : rowOf(id, asked)
  if (!row) throw notFound(`there is no issue "${name.slice(0, 60)}"`)
  return row
}

function idOf(name: string, asked: Asked): number | undefined {
  if (/^\d{1,15}$/.test(name)) return Number(name)
  const parts = shortIdParts(name)
  return parts && issueOfShortId(parts, asked)
}

function rowOf(id: number, asked: Asked): Row | undefined {
  const sql = `select ${issueColumns} from issues i join issue_texts t on t.issue = i.id where i.id = ?`
  const row = asked.row(sql, id)
  if (row) return row
  const into = asked.row('select into_issue from merged_issues where issue = ?', id)
  return into && asked.row(sql, into['into_issue']!)
}
