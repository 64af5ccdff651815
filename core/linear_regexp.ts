import type { RE2JS } from 're2js'
import { re2 } from './packages.ts'

/** Where an expression fits. */
export interface Match {
  readonly start: number
  readonly end: number
  /** The whole, then what each group took; undefined for one that took no part. */
  readonly groups: readonly (string | undefined)[]
  /** The same by the names of groups that have one. */
  readonly named: Readonly<Record<string, string | undefined>>
}

/**
 * An expression from outside that cannot explode: RE2's syntax (https://github.com/google/re2/wiki/Syntax), which
 * has neither backreferences nor look-around, in time linear in the text.
 */
export interface LinearRegExp {
  readonly source: string
  /** Whether it fits anywhere. */
  test(text: string): boolean
  /** Where it fits first, from `start` (default 0) on. */
  match(text: string, start?: number): Match | undefined
}

const maxSource = 4096

/** @throws SyntaxError with the reason when the text is no such expression. */
export function linearRegExp(source: string): LinearRegExp {
  if (source.length > maxSource) {
    throw new SyntaxError(`the expression is longer than ${maxSource} characters`)
  }
  const compiled = compile(source)
  const names = Object.entries(compiled.namedGroups())
  return {
    source,
    test: (text) => compiled.test(text),
    match(text, start = 0) {
      const matcher = compiled.matcher(text)
      if (start > text.length || !matcher.find(start)) return undefined
      const groups = Array.from(
        { length: compiled.groupCount() + 1 },
        (_, group) => matcher.group(group) ?? undefined,
      )
      const named = Object.fromEntries(names.map(([name, group]) => [name, groups[group]]))
      return { start: matcher.start(), end: matcher.end(), groups, named }
    },
  }
}

function compile(source: string): RE2JS {
  const { RE2JS: expressions, RE2JSException } = re2()
  try {
    return expressions.compile(source)
  } catch (failure) {
    if (failure instanceof RE2JSException)
      throw new SyntaxError(failure.message, { cause: failure })
    throw failure
  }
}
