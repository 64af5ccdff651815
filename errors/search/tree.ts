/** A search as it was written. Offsets are UTF-16, from 0. */
export type SearchNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly SearchNode[] }
  | { readonly kind: 'not'; readonly node: SearchNode }
  | SearchTerm
  | SearchText

/** `key:value`, `key:>5`, `key:[a,b]`. */
export interface SearchTerm {
  readonly kind: 'term'
  /** As written, without quotes; of `tags[x]` it is `x`, with `tag` set. */
  readonly key: string
  /** Written as `tags[x]`: never one of the names that mean something of their own. */
  readonly tag: boolean
  readonly operator: '=' | Comparison
  /** One, or several of a list: one of them has to fit. Never none. */
  readonly values: readonly SearchValue[]
  readonly from: number
  readonly to: number
}

export type Comparison = '>' | '>=' | '<' | '<='

/** What stands between the stars of `a*b`, escapes undone; a single piece is the whole value. */
export interface SearchValue {
  readonly pieces: readonly string[]
  readonly from: number
}

/** Words without a key. */
export interface SearchText {
  readonly kind: 'text'
  readonly text: string
  /** In quotes, or joined as in `10.0.0.1`: the words have to follow one another. */
  readonly phrase: boolean
  readonly from: number
}

/** The value without its stars, for what knows no wildcards. */
export const plainText = ({ pieces }: SearchValue): string => pieces.join('*')

/** `*` */
export const anyText: SearchValue = { pieces: ['', ''], from: 0 }
