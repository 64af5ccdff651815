import { SearchError, type TargetOptions } from '../search.ts'
import { dateMathName } from './date_math_name.ts'
import { illegalArgument, indexNotFound } from './elasticsearch_error.ts'
import { namePattern } from './name_pattern.ts'

/** What a name may mean. */
export interface Known {
  readonly name: string
  readonly kind: 'index' | 'data_stream'
  readonly hidden: boolean
  readonly aliases: Readonly<Record<string, { readonly filter?: object }>>
}

/** An index that a target means. */
export interface Meant {
  readonly name: string
  /** Queries of the aliases it was named by, one of which has to fit; undefined when it was named itself. */
  readonly filters: readonly object[] | undefined
}

export interface ResolveOptions extends TargetOptions {
  /** Of wildcards; default `open`. */
  readonly expandWildcards?: readonly string[]
  readonly nowMs: number
}

const states = new Set(['all', 'open', 'closed', 'hidden', 'none'])

/** Longest target taken: an attack on the matcher is longer, a list of indices is not. */
const maxTargetLength = 20_000

/**
 * Which indices a target means: names, wildcards (`logs-*`), lists, exclusions behind a wildcard
 * (`-logs-debug-*`), aliases, `_all`, date maths. Ascending by name.
 *
 * @throws SearchError 404 index_not_found_exception, 400
 */
export function resolveTarget(
  target: string,
  known: readonly Known[],
  options: ResolveOptions,
): Meant[] {
  if (target.length > maxTargetLength) {
    throw illegalArgument(`the list of indices has more than ${maxTargetLength} characters`)
  }
  const expand = options.expandWildcards ?? ['open']
  for (const state of expand) {
    if (!states.has(state)) throw illegalArgument(`No valid expand wildcard value [${state}]`)
  }
  const expressions = splitTarget(target).map((each) => datedExpression(each, options.nowMs))
  const found = new Found(known, expand)
  const isAll = expressions.length === 0 || (expressions.length === 1 && expressions[0] === '_all')
  if (isAll) found.addPattern('*')
  else for (const expression of expressions) resolveOne(expression, found, options)
  const meant = found.meant()
  if (meant.length === 0 && options.allowNoIndices === false) {
    throw indexNotFound(target === '' ? '_all' : target)
  }
  return meant
}

function resolveOne(expression: string, found: Found, options: ResolveOptions): void {
  if (expression.startsWith('-') && found.sawWildcard) {
    found.exclude(expression.slice(1))
    return
  }
  if (expression.startsWith('_') && expression !== '_all') {
    const text = `Invalid index name [${expression}], must not start with '_'.`
    throw new SearchError(400, 'invalid_index_name_exception', text, { index: expression })
  }
  if (expression.includes(':') && !expression.startsWith('<')) {
    throw illegalArgument(
      `[${expression}] names another cluster or a selector: Weir answers for its own indices only`,
    )
  }
  if (expression === '_all' || expression.includes('*')) {
    const any = found.addPattern(expression === '_all' ? '*' : expression)
    if (!any && options.allowNoIndices === false) throw indexNotFound(expression)
  } else if (!found.addName(expression) && options.ignoreUnavailable !== true) {
    throw indexNotFound(expression)
  }
}

/** Commas within date maths separate nothing. */
function splitTarget(target: string): string[] {
  return target
    .split(/,(?![^<>]*>)/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function datedExpression(expression: string, nowMs: number): string {
  const [sign, rest] = expression.startsWith('-<') ? ['-', expression.slice(1)] : ['', expression]
  return sign + dateMathName(rest, nowMs)
}

class Found {
  readonly #known: readonly Known[]
  readonly #expand: readonly string[]
  readonly #filters = new Map<string, readonly object[] | undefined>()
  sawWildcard = false

  constructor(known: readonly Known[], expand: readonly string[]) {
    this.#known = known
    this.#expand = expand
  }

  meant(): Meant[] {
    return [...this.#filters]
      .map(([name, filters]) => ({ name, filters }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  addName(name: string): boolean {
    let any = false
    for (const each of this.#known) {
      if (each.name === name) this.#add(each.name, undefined)
      else if (Object.hasOwn(each.aliases, name)) this.#addAlias(each, [name])
      else continue
      any = true
    }
    return any
  }

  addPattern(pattern: string): boolean {
    this.sawWildcard = true
    const isOpen = this.#expand.includes('open') || this.#expand.includes('all')
    if (!isOpen) return false
    const withHidden =
      pattern.startsWith('.') || this.#expand.includes('hidden') || this.#expand.includes('all')
    const fits = namePattern(pattern)
    let any = false
    for (const each of this.#known) {
      const aliases = Object.keys(each.aliases).filter((alias) => fits.test(alias))
      if (fits.test(each.name) && (withHidden || !each.hidden)) this.#add(each.name, undefined)
      else if (aliases.length > 0) this.#addAlias(each, aliases)
      else continue
      any = true
    }
    return any
  }

  exclude(pattern: string): void {
    const fits = namePattern(pattern)
    for (const { name, aliases } of this.#known) {
      if (fits.test(name) || Object.keys(aliases).some((alias) => fits.test(alias))) {
        this.#filters.delete(name)
      }
    }
  }

  #addAlias(index: Known, aliases: readonly string[]): void {
    const filters = aliases.map((alias) => index.aliases[alias]!.filter)
    const isWhole = filters.some((filter) => filter === undefined)
    this.#add(index.name, isWhole ? undefined : filters.filter((filter) => filter !== undefined))
  }

  #add(name: string, filters: readonly object[] | undefined): void {
    const before = this.#filters.get(name)
    const isWhole = filters === undefined || (this.#filters.has(name) && before === undefined)
    this.#filters.set(name, isWhole ? undefined : [...(before ?? []), ...filters])
  }
}
