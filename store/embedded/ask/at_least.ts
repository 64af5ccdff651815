import { all, any, join, sql, verbatim, type Sql } from '../sql.ts'

/** So many of the conditions hold; where one is NULL it does not. */
export function atLeast(count: number, conditions: readonly Sql[]): Sql {
  if (count <= 0) return verbatim('true')
  if (count > conditions.length) return verbatim('false')
  if (count === 1) return any(conditions)
  if (count === conditions.length) return all(conditions)
  const counted = conditions.map((condition) => sql`((${condition}) is true)::integer`)
  return sql`(${join(counted, ' + ')}) >= ${verbatim(String(count))}`
}
