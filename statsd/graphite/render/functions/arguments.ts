import { aggregationNames } from '../aggregate.ts'
import { parseOffset } from '../attime.ts'
import { floatText } from '../number_text.ts'
import { RenderError } from '../render_error.ts'
import type { SeriesList } from '../series.ts'
import type { Numeric, Scalar } from '../syntax.ts'
import type { Param, Value } from './parameter.ts'

/** The arguments of a call by the names of its parameters, checked and converted by their types. */
export class Arguments {
  readonly #values: ReadonlyMap<string, readonly Value[]>
  readonly #defaults: ReadonlySet<string>

  /** `defaults`: the parameters that were not given. */
  constructor(values: ReadonlyMap<string, readonly Value[]>, defaults: ReadonlySet<string>) {
    this.#values = values
    this.#defaults = defaults
  }

  /** Whether it stands in the target, rather than being a default. */
  isGiven(name: string): boolean {
    return this.has(name) && !this.#defaults.has(name)
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  value(name: string): Value | undefined {
    return this.#values.get(name)?.[0]
  }

  /** All that was given to a parameter that may be given several times. */
  all(name: string): readonly Value[] {
    return this.#values.get(name) ?? []
  }

  series(name = 'seriesList'): SeriesList {
    return (this.value(name) ?? []) as SeriesList
  }

  lists(name = 'seriesLists'): readonly SeriesList[] {
    return this.all(name) as readonly SeriesList[]
  }

  number(name: string): number {
    return (this.value(name) as Numeric).number
  }

  /** The number as Python writes it: 5 and 5.0 differ. */
  written(name: string): string {
    return scalarText(this.value(name) as Scalar)
  }

  optionalNumber(name: string): number | undefined {
    return this.has(name) ? this.number(name) : undefined
  }

  text(name: string): string {
    return this.value(name) as string
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined
  }

  flag(name: string): boolean {
    return this.value(name) === true
  }

  /** Nodes of a name by their places, and tags. */
  keys(name: string): readonly (number | string)[] {
    return this.all(name).map((value) => (isNumeric(value) ? value.number : (value as string)))
  }
}

/** `str(value)` of Python. */
export function scalarText(value: Scalar): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return value
  return value.isFloat ? floatText(value.number) : String(value.number)
}

export function isNumeric(value: Value | undefined): value is Numeric {
  return typeof value === 'object' && value !== null && 'number' in value
}

/** Arguments as they were given, each with its place in the target. */
export interface Given {
  readonly value: Value
  readonly offset?: number
}

/**
 * Binds arguments to the parameters of a function.
 *
 * @throws RenderError naming the function, the parameter and the place.
 */
export function bound(
  { params, names }: { readonly params: readonly Param[]; readonly names: readonly string[] },
  given: readonly Given[],
  named: readonly (Given & { readonly name: string })[],
  isAggregator: (name: string) => boolean,
): Arguments {
  const functionName = names[0]!
  const values = new Map<string, Value[]>()
  const set = (param: Param, { value, offset }: Given) => {
    // None is what an argument is that is not given.
    if (value === null && param.required === undefined) return
    const converted = convert(param, value, isAggregator)
    if (converted === undefined) {
      const reason = `${shown(value)} is no ${param.type} for the parameter ${param.name} of ${functionName}`
      throw new RenderError(reason, { functionName, offset })
    }
    values.set(param.name, [...(values.get(param.name) ?? []), converted])
  }
  for (const [index, one] of given.entries()) {
    const param = params[index] ?? (params.at(-1)?.multiple ? params.at(-1) : undefined)
    if (param === undefined) {
      const reason = `${functionName} takes ${params.length} arguments at most`
      throw new RenderError(reason, { functionName, offset: one.offset })
    }
    set(param, one)
  }
  for (const one of named) {
    const param = params.find(({ name, alias }) => one.name === name || one.name === alias)
    const problem =
      param === undefined ? 'has no parameter' : values.has(param.name) ? 'is given twice' : ''
    if (param === undefined || problem !== '') {
      const reason = `${functionName} ${problem} ${one.name}`
      throw new RenderError(reason, { functionName, offset: one.offset })
    }
    set(param, one)
  }
  const defaults = new Set<string>()
  for (const param of params) {
    if (values.has(param.name)) continue
    defaults.add(param.name)
    if (param.default !== undefined) values.set(param.name, [ownDefault(param.default)])
    else if (param.required) {
      throw new RenderError(`${functionName} needs ${param.name}`, { functionName })
    }
  }
  return new Arguments(values, defaults)
}

function ownDefault(value: number | string | boolean): Value {
  return typeof value === 'number' ? { number: value, isFloat: !Number.isInteger(value) } : value
}

/** The value as its type has it, or undefined. */
function convert(
  { type, options, isLenient }: Param,
  value: Value,
  isAggregator: (name: string) => boolean,
): Value | undefined {
  if (options !== undefined && !isLenient && !options.includes(value as string)) return undefined
  switch (type) {
    case 'seriesList':
      return Array.isArray(value) && !Array.isArray(value[0]) ? value : undefined
    case 'seriesLists':
      return Array.isArray(value) && (value.length === 0 || Array.isArray(value[0]))
        ? value
        : undefined
    case 'float': {
      const number = numberOf(value)
      return number === undefined ? undefined : { number, isFloat: true }
    }
    case 'integer':
    case 'node':
      return integerOf(value) ?? (isLenient && isNumeric(value) ? value : undefined)
    case 'intOrInf':
    case 'any':
      return isNumeric(value) || (type === 'any' && Array.isArray(value)) ? value : undefined
    case 'intOrInterval':
      if (isNumeric(value)) return value.number >= 1 ? value : undefined
      return isInterval(value) ? value : undefined
    case 'interval':
      return isInterval(value) ? value : undefined
    case 'boolean':
      return booleanOf(value)
    case 'nodeOrTag':
    case 'tag':
      return isNumeric(value) ? integerOf(value) : typeof value === 'string' ? value : undefined
    case 'aggFunc':
      return isAggregation(value) ? value : undefined
    case 'aggOrSeriesFunc':
      return isAggregation(value) || (typeof value === 'string' && isAggregator(value))
        ? value
        : undefined
    case 'date':
    case 'string':
      return typeof value === 'object' && !isNumeric(value) ? undefined : scalarText(value)
  }
}

function isAggregation(value: Value): boolean {
  return typeof value === 'string' && aggregationNames.includes(value.replace(/Series$/, ''))
}

function isInterval(value: Value): boolean {
  if (typeof value !== 'string' || value === '') return false
  try {
    return Number.isFinite(parseOffset(value))
  } catch {
    return false
  }
}

function numberOf(value: Value): number | undefined {
  if (isNumeric(value)) return value.number
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)) {
    return undefined
  }
  return Number(value)
}

function integerOf(value: Value): Numeric | undefined {
  const number = numberOf(value)
  return number !== undefined && Number.isSafeInteger(number)
    ? { number, isFloat: false }
    : undefined
}

function booleanOf(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = isNumeric(value) ? String(value.number) : typeof value === 'string' ? value : ''
  if (/^(true|1)$/i.test(text)) return true
  return /^(false|0)$/i.test(text) ? false : undefined
}

function shown(value: Value): string {
  if (isNumeric(value) || typeof value !== 'object' || value === null) {
    return typeof value === 'string' ? `"${value.slice(0, 100)}"` : scalarText(value)
  }
  return Array.isArray(value[0]) ? 'a list of lists of series' : 'a list of series'
}
