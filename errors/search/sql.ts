import { escapeLike } from '../../store/query/wildcard.ts'
import type { SearchValue } from './tree.ts'

/** A condition over a row `i` of `issues`. What people wrote is in `values` only, in the order of the `?`. */
export interface Condition {
  readonly sql: string
  readonly values: readonly (string | number | bigint | Uint8Array)[]
}

export const always: Condition = { sql: '1', values: [] }
export const never: Condition = { sql: '0', values: [] }

export function not({ sql, values }: Condition): Condition {
  return { sql: `not (${sql})`, values }
}

export function every(conditions: readonly Condition[]): Condition {
  return joined(conditions, ' and ', always)
}

export function some(conditions: readonly Condition[]): Condition {
  return joined(conditions, ' or ', never)
}

function joined(conditions: readonly Condition[], word: string, none: Condition): Condition {
  if (conditions.length < 2) return conditions[0] ?? none
  return {
    sql: conditions.map(({ sql }) => `(${sql})`).join(word),
    values: conditions.flatMap(({ values }) => values),
  }
}

/** @param expression a text of ours that is never null. */
export function textFits(expression: string, value: SearchValue, anyCase = false): Condition {
  const [whole, ...rest] = value.pieces
  if (rest.length === 0) {
    return { sql: `${expression} = ?${anyCase ? ' collate nocase' : ''}`, values: [whole!] }
  }
  const pattern = value.pieces.map(escapeLike).join('%')
  return { sql: `${expression} like ? escape '\\'`, values: [pattern] }
}

/** As `textFits`, for a value that may stand anywhere in the text. */
export function textHolds(expression: string, { pieces }: SearchValue): Condition {
  const pattern = `%${pieces.map(escapeLike).join('%')}%`
  return { sql: `${expression} like ? escape '\\'`, values: [pattern] }
}
