import type { SeriesList } from '../series.ts'
import type { Scalar } from '../syntax.ts'
import type { Arguments } from './arguments.ts'
import type { Call } from './call.ts'

/** What an argument is, by graphite-web's names. */
export type ParamType =
  | 'aggFunc'
  | 'aggOrSeriesFunc'
  | 'any'
  | 'boolean'
  | 'date'
  | 'float'
  | 'integer'
  | 'intOrInf'
  | 'intOrInterval'
  | 'interval'
  | 'node'
  | 'nodeOrTag'
  | 'seriesList'
  | 'seriesLists'
  | 'string'
  | 'tag'

export interface Param {
  readonly name: string
  readonly type: ParamType
  readonly required?: true
  readonly default?: number | string | boolean
  /** The last one may be given several times. */
  readonly multiple?: true
  readonly options?: readonly (string | boolean | null)[]
  readonly suggestions?: readonly (string | number)[]
  /** That other numbers or options are taken too. */
  readonly isLenient?: true
  /** Another name that graphite-web takes for it. */
  readonly alias?: string
}

export type Group =
  | 'Alias'
  | 'Calculate'
  | 'Combine'
  | 'Filter Data'
  | 'Filter Series'
  | 'Graph'
  | 'Sorting'
  | 'Special'
  | 'Transform'

/** What an argument or a function comes to. `seriesLists` come from `map` and go to `reduce`. */
export type Value = Scalar | SeriesList | readonly SeriesList[]

/** A function of the render language. */
export interface RenderFunction {
  /** The first is the one that names its results. */
  readonly names: readonly string[]
  readonly group: Group
  /** A sentence, as a function browser shows it. */
  readonly description: string
  readonly params: readonly Param[]
  /** It makes one series of many, so that grouping functions take its name as a callback. */
  readonly isAggregator?: true
  readonly run: (given: Arguments, call: Call) => Returned | Promise<Returned>
}

export type Returned = SeriesList | readonly SeriesList[]

/** The parameter of nearly every function. */
export const seriesParam = { name: 'seriesList', type: 'seriesList', required: true } as const
/** The parameter of functions that take any number of lists. */
export const listsParam = {
  name: 'seriesLists',
  type: 'seriesList',
  required: true,
  multiple: true,
} as const
