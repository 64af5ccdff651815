/** What a target says. `offset`: characters into it, from 0. */
export type Syntax = PathSyntax | CallSyntax | TemplateSyntax | LiteralSyntax

/** `servers.*.cpu.{user,system}`, its escapes taken away. */
export interface PathSyntax {
  readonly kind: 'path'
  readonly text: string
  readonly offset: number
}

/** `name(arguments…, key=value…)`; what is piped into it is its first argument. */
export interface CallSyntax {
  readonly kind: 'call'
  readonly name: string
  readonly given: readonly Syntax[]
  readonly named: readonly { readonly name: string; readonly value: Syntax }[]
  /** The call as it is written, which names what `seriesByTag` finds. */
  readonly text: string
  readonly offset: number
}

/** `template(body, …)`: `values` replace `$name` and `$1` in the paths of the body. */
export interface TemplateSyntax {
  readonly kind: 'template'
  readonly body: Syntax
  readonly values: ReadonlyMap<string, Scalar>
  readonly offset: number
}

export interface LiteralSyntax {
  readonly kind: 'literal'
  readonly value: Scalar
  readonly offset: number
}

/** A number of a target. Python writes 5 and 5.0 differently, and names hold what it writes. */
export interface Numeric {
  readonly number: number
  readonly isFloat: boolean
}

export type Scalar = Numeric | string | boolean | null
