import type { SeriesList } from '../series.ts'
import type { Scalar } from '../syntax.ts'

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

/** What an argument or a function comes to. `seriesLists` come from `map` and go to `reduce`. */
export type Value = Scalar | SeriesList | readonly SeriesList[]
