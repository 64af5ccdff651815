import { aggregationNames } from '../aggregate.ts'
import { isAggregator, renderFunctions } from './all.ts'
import type { RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'

/** A function as graphite-web's `/functions` describes it. */
export interface DescribedFunction {
  readonly name: string
  /** With its parameters, as `scale(seriesList, factor)`. */
  readonly function: string
  readonly description: string
  readonly module: string
  readonly group: string
  readonly params: readonly DescribedParam[]
}

export interface DescribedParam {
  readonly name: string
  readonly type: string
  readonly required?: true
  /** Infinity is there; JSON has to write it as 1e9999. */
  readonly default?: number | string | boolean
  readonly multiple?: true
  readonly options?: readonly unknown[]
  readonly suggestions?: readonly (string | number)[]
}

/** Every function by each of its names, those of a group only if one is given. */
export function describedFunctions(group?: string): ReadonlyMap<string, DescribedFunction> {
  return new Map(
    renderFunctions
      .filter((one) => group === undefined || one.group === group)
      .flatMap((one) => one.names.map((name) => [name, described(one, name)] as const))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** JSON as graphite-web writes it: infinity is `1e9999`. */
export function functionsJson(value: unknown): string {
  const mark = '\u0000infinity'
  const text = JSON.stringify(value, (_, one: unknown) => {
    if (one === Infinity) return mark
    return one instanceof Map ? Object.fromEntries(one) : one
  })
  return text.replaceAll(JSON.stringify(mark), '1e9999')
}

function described(
  { group, description, params }: RenderFunction,
  name: string,
): DescribedFunction {
  return {
    name,
    function: `${name}(${params.map(signature).join(', ')})`,
    description,
    module: 'graphite.render.functions',
    group,
    params: params.map(describedParam),
  }
}

function signature({ name, required, multiple, default: otherwise }: Param): string {
  if (multiple) return `*${name}`
  if (required) return name
  if (typeof otherwise === 'string') return `${name}='${otherwise}'`
  if (typeof otherwise === 'boolean') return `${name}=${otherwise ? 'True' : 'False'}`
  return `${name}=${otherwise === undefined ? 'None' : otherwise === Infinity ? 'inf' : otherwise}`
}

function describedParam(param: Param): DescribedParam {
  const { name, type, required, default: otherwise, multiple, suggestions } = param
  const options = optionsOf(param)
  return {
    name,
    type,
    ...(required && { required }),
    ...(otherwise !== undefined && { default: otherwise }),
    ...(multiple && { multiple }),
    ...(options.length > 0 && { options }),
    ...(suggestions && { suggestions }),
  }
}

function optionsOf({ type, options = [] }: Param): readonly unknown[] {
  const isAggregation = type === 'aggFunc' || type === 'aggOrSeriesFunc'
  const combining = renderFunctions.flatMap(({ names }) => names).filter(isAggregator)
  const all = [
    ...options,
    ...(isAggregation ? aggregationNames : []),
    ...(type === 'aggOrSeriesFunc' ? combining : []),
  ]
  return [...new Set(all)].toSorted((a, b) => (pythonText(a) < pythonText(b) ? -1 : 1))
}

/** What graphite-web sorts them by. */
function pythonText(option: unknown): string {
  if (option === null) return 'None'
  return typeof option === 'boolean' ? (option ? 'True' : 'False') : String(option)
}
