import type { Bounds, Comparison } from './tokens.ts'

/** A query text as it was written, with UTF-16 offsets for an editor. */
export type Node = Group | Leaf

export interface Group {
  readonly kind: 'group'
  /** As written: escapes and wildcards are still in it. */
  readonly field: string | undefined
  readonly clauses: readonly Clause[]
  readonly from: number
  readonly to: number
}

export interface Clause {
  /** Written before it; undefined where nothing was. */
  readonly conjunction: 'and' | 'or' | undefined
  readonly modifier: 'must' | 'not' | undefined
  readonly node: Node
}

export interface Leaf {
  readonly kind: 'leaf'
  readonly field: string | undefined
  readonly value: Value
  /** A `^2` stands behind it. */
  readonly boosted: boolean
  readonly from: number
  /** Where the value begins, behind the name of its field. */
  readonly valueFrom: number
  readonly to: number
}

export type Value =
  /** Still with its escapes; `*` and `?` without one are wildcards. */
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'quoted'; readonly text: string; readonly slop: number | undefined }
  | { readonly kind: 'regexp'; readonly pattern: string }
  | { readonly kind: 'comparison'; readonly operator: Comparison; readonly text: string }
  | ({ readonly kind: 'range' } & Bounds)
