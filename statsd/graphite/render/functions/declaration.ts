import type { SeriesList } from '../series.ts'
import type { Arguments } from './arguments.ts'
import type { Call } from './call.ts'
import type { Param } from './parameter.ts'

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
