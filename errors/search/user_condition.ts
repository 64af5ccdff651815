import { userNumberOf } from '../digest/facts.ts'

import type { UserPart } from './keys.ts'
import { found, issuesHaving, type SearchScope } from './scope.ts'
import { never, not, some, textFits, type Condition } from './sql.ts'
import { anyText, plainText, type SearchValue } from './tree.ts'

/** What a user is known by, as tag `user` has it. */
const prefixes = { id: 'id', username: 'username', email: 'email', ip_address: 'ip' } as const

/**
 * Issues of a user. Every user counts, kept or not, by the first of id, name, email and address that it has; by
 * what else it has, only kept events tell. An empty value: of issues of which none has it.
 */
export function userCondition(part: UserPart, value: SearchValue, scope: SearchScope): Condition {
  const known = `${prefixes[part]}:`
  const text = plainText(value)
  if (text === '') return not(userCondition(part, anyText, scope))
  const kept =
    part === 'id' ? never : found({ kind: 'part', of: `user.${part}`, values: [value] }, scope)
  if (value.pieces.length > 1) {
    const pieces = [known + value.pieces[0]!, ...value.pieces.slice(1)]
    const { sql, values } = textFits('x.value', { pieces, from: value.from })
    return some([
      issuesHaving('issue_tags', { sql: `x.key = 'user' and ${sql}`, values }, scope),
      kept,
    ])
  }
  const sql = 'exists (select 1 from issue_users u where u.issue = i.id and u.user = ?)'
  return some([{ sql, values: [userNumberOf(known + text)] }, kept])
}
