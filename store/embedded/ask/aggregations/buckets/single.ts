import { sql } from '../../../sql.ts'
import type { SingleKind } from '../aggregation.ts'
import type { Options } from '../options.ts'
import { sourceOf, valuesOf } from '../values.ts'

export function filter(options: Options): SingleKind {
  const query = options.asQuery()
  return { family: 'single', condition: (asked) => asked.condition(query) }
}

/** Documents without a value. With `missing` every document has one. */
export function missing(options: Options): SingleKind {
  const source = sourceOf(options)
  return {
    family: 'single',
    condition(asked) {
      const anything = ['text', 'number', 'date', 'boolean', 'ip'] as const
      const { scalar, list } = valuesOf(asked, source, anything)
      return list ? sql`coalesce(len(${list}), 0) = 0` : sql`(${scalar}) is null`
    },
  }
}

/** Every document, whatever the query finds. */
export function globalBucket(): SingleKind {
  return { family: 'single', condition: () => undefined }
}
