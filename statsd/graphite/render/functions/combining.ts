/** Functions that make one series of many. */
import { acrossRows, percentile } from '../aggregate.ts'
import { generalText } from '../number_text.ts'
import { madeSeries, type SeriesList } from '../series.ts'
import type { Call } from './call.ts'
import { constantLine } from './constants.ts'
import { listsParam, seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { power } from './elementwise.ts'
import { aggregateSeries, normalized, pathsOf } from './normalized.ts'

function combining(names: readonly string[], description: string, func: string): RenderFunction {
  return {
    names,
    group: 'Combine',
    description,
    params: [listsParam],
    isAggregator: true,
    run: (given, call) => present(aggregateSeries(given.lists(), func, call)),
  }
}

/** One as a list, none as an empty one. */
function present<T>(one: T | undefined): readonly T[] {
  return one === undefined ? [] : [one]
}

const funcParam: Param = { name: 'func', type: 'aggFunc', required: true }
const factorParam: Param = { name: 'xFilesFactor', type: 'float' }

export const combiningFunctions: readonly RenderFunction[] = [
  {
    names: ['aggregate'],
    group: 'Combine',
    description: 'Makes one series of many by an aggregation.',
    params: [seriesParam, funcParam, factorParam],
    run: (given, call) => {
      const factor = given.optionalNumber('xFilesFactor') ?? call.xFilesFactor
      return present(aggregateSeries([given.series()], given.text('func'), call, factor))
    },
  },
  combining(['averageSeries', 'avg'], 'Averages the series.', 'average'),
  combining(['diffSeries'], 'Subtracts all series from the first one.', 'diff'),
  combining(['maxSeries'], 'Takes the greatest value of all series.', 'max'),
  combining(['minSeries'], 'Takes the least value of all series.', 'min'),
  combining(
    ['rangeOfSeries'],
    'Takes the difference of the greatest and the least value.',
    'rangeOf',
  ),
  combining(['stddevSeries'], 'Takes the standard deviation over the series.', 'stddev'),
  combining(['sumSeries', 'sum'], 'Adds up the series.', 'sum'),
  {
    names: ['multiplySeries'],
    group: 'Combine',
    description: 'Multiplies the series; null where one of them is.',
    params: [listsParam],
    isAggregator: true,
    run: (given, call) => {
      const lists = given.lists()
      const isOne = lists.length === 1 && lists[0]!.length === 1
      return isOne ? lists[0]! : present(aggregateSeries(lists, 'multiply', call))
    },
  },
  {
    names: ['countSeries'],
    group: 'Combine',
    description: 'Counts the series, whether they have values or not.',
    params: [{ name: 'seriesLists', type: 'seriesList', multiple: true }],
    isAggregator: true,
    run: (given, call) => {
      const lists = given.lists()
      if (lists.length === 0)
        return [{ ...constantLine(0, call, '0'), pathExpression: 'countSeries()' }]
      const normal = normalized(lists)
      if (normal === undefined) return []
      const { series, columns, start, end, step } = normal
      const name = `countSeries(${pathsOf(series)})`
      const values = acrossRows(columns, ({ length }) => length)
      return [madeSeries({ name, start, end, step, values, xFilesFactor: call.xFilesFactor })]
    },
  },
  {
    names: ['powSeries'],
    group: 'Combine',
    description:
      'Raises the first series to the power of the next, the result to that of the one after, and so on.',
    params: [{ ...listsParam, name: 'seriesList' }],
    isAggregator: true,
    run: (given, call) => {
      const normal = normalized(given.lists('seriesList'))
      if (normal === undefined) return []
      const { series, columns, start, end, step } = normal
      const name = `powSeries(${series.map((one) => one.name).join(',')})`
      const values = acrossRows(columns, (row) =>
        row.reduce((base, exponent) => power(base, exponent)),
      )
      return [madeSeries({ name, start, end, step, values, xFilesFactor: call.xFilesFactor })]
    },
  },
  {
    names: ['percentileOfSeries'],
    group: 'Combine',
    description: 'Takes a percentile over the series at each time.',
    params: [
      seriesParam,
      { name: 'n', type: 'float', required: true },
      { name: 'interpolate', type: 'boolean', default: false },
    ],
    run: (given, call) =>
      percentileOfSeries(given.series(), given.number('n'), given.flag('interpolate'), call),
  },
]

function percentileOfSeries(
  list: SeriesList,
  n: number,
  interpolate: boolean,
  call: Call,
): SeriesList {
  if (n <= 0) call.fail('the percentile has to be greater than 0')
  const normal = normalized([list])
  if (normal === undefined) return []
  const { columns, start, end, step } = normal
  const name = `percentileOfSeries(${list[0]!.pathExpression},${generalText(n)})`
  const values = acrossRows(columns, (row) => percentile(row, n, interpolate))
  return [madeSeries({ name, start, end, step, values, xFilesFactor: call.xFilesFactor })]
}
