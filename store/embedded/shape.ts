import type { JsonKind } from '../fields.ts'

/**
 * Something that documents of a stream hold: the dotted path of a field, the way to it in the JSON, and what
 * stands there. A field may have several, such as `$."log"."level"` and `$."log.level"`.
 */
export interface Shape {
  /** Dotted, without array marks: `log.level`, `items.name`. */
  readonly path: string
  /** DuckDB's JSON path, every name quoted: `$."items"[*]."name"`. */
  readonly jsonPath: string
  /** Whether `jsonPath` goes through an array or ends in one (`[*]` is in it). */
  readonly many: boolean
  /** A scalar's kind; objects are shown by what is in them, and an empty one is `object`. Nulls have no shape. */
  readonly kind: JsonKind | 'object'
}
