import { issuesHaving, type SearchScope } from './scope.ts'
import { not, textFits, type Condition } from './sql.ts'
import { anyText, plainText, type SearchValue } from './tree.ts'

/** Issues with a kept event of a trace; an empty one: without any. */
export function traceCondition(value: SearchValue, scope: SearchScope): Condition {
  if (plainText(value) === '') return not(traceCondition(anyText, scope))
  const { sql, values } = textFits('x.trace_id', traceValue(value))
  return issuesHaving('events', { sql: `x.trace_id is not null and ${sql}`, values }, scope)
}

/** As events have it: 32 hex characters, in small letters and without dashes. */
export const traceValue = ({ pieces, from }: SearchValue): SearchValue => ({
  pieces: pieces.map((piece) => piece.replaceAll('-', '').toLowerCase()),
  from,
})
