/** A value that DuckDB binds: never part of the SQL text. */
export type Bound = string | number | bigint | boolean | null

/** SQL with its bound values, in the order of the `?` in its text. */
export interface Sql {
  readonly text: string
  readonly values: readonly Bound[]
}

const fragment = (text: string, values: readonly Bound[]): Sql => ({ text, values })

/**
 * SQL from a template: whatever is interpolated is either SQL made by these functions, or bound as a value.
 * So no text of a user becomes SQL.
 *
 * @example sql`select ${identifier('log.level')} from t where "_time" > ${1700000000000}`
 */
export function sql(texts: TemplateStringsArray, ...given: readonly (Sql | Bound)[]): Sql {
  let text = texts[0]!
  const values: Bound[] = []
  for (const [place, each] of given.entries()) {
    if (typeof each === 'object' && each !== null) {
      text += each.text
      values.push(...each.values)
    } else {
      text += '?'
      values.push(each)
    }
    text += texts[place + 1]!
  }
  return fragment(text, values)
}

/** A quoted name. @throws Error on a NUL, which DuckDB cannot have in one. */
export function identifier(name: string): Sql {
  if (name.includes('\0')) throw new Error('a name cannot hold NUL')
  return fragment(`"${name.replaceAll('"', '""')}"`, [])
}

export function join(parts: readonly Sql[], separator: string): Sql {
  return fragment(
    parts.map(({ text }) => text).join(separator),
    parts.flatMap(({ values }) => values),
  )
}

/**
 * What `use` makes of a value, which is computed once however often it stands there. DuckDB shares no expression
 * between the branches of a CASE, and each that reads a document keeps memory for parsing a thousand of them.
 *
 * @param name of the value in `use`; another than that of any `once` around or within it.
 */
export function once(value: Sql, name: string, use: (value: Sql) => Sql): Sql {
  const direct = use(value)
  const isRepeated = value.values.length > 0 && direct.text.split(value.text).length > 2
  if (!isRepeated) return direct
  return sql`list_transform([${value}], lambda ${identifier(name)}: ${use(identifier(name))})[1]`
}

/** SQL that Weir itself wrote, as it stands. Never call it with anything that came from outside. */
export const verbatim = (text: string): Sql => fragment(text, [])

/** All of `conditions`, or what is always true. */
export const all = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? verbatim('true') : sql`(${join(conditions, ' and ')})`

/** One of `conditions`, or what is never true. */
export const any = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? verbatim('false') : sql`(${join(conditions, ' or ')})`
