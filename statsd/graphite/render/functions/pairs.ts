/** Functions that combine two lists, pair by pair, or a list with one series. */
import { madeSeries, wrapped, type Series, type SeriesList } from '../series.ts'
import { acrossRows } from '../aggregate.ts'
import type { Call } from './call.ts'
import type { RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { keyOf } from './keys.ts'
import { aggregateSeries, pairwise, quotient } from './normalized.ts'

/** Pairs of two lists, the first with the first and so on. */
function pairLists(name: string, description: string, func: string | undefined): RenderFunction {
  const lists: readonly Param[] = [
    { name: 'seriesListFirstPos', type: 'seriesList', required: true },
    { name: 'seriesListSecondPos', type: 'seriesList', required: true },
  ]
  const more: readonly Param[] =
    func === undefined
      ? [
          { name: 'func', type: 'aggFunc', required: true },
          { name: 'xFilesFactor', type: 'float' },
        ]
      : []
  return {
    names: [name],
    group: 'Combine',
    description,
    params: [...lists, ...more],
    ...(func === undefined ? {} : { isAggregator: true }),
    run: (given, call) => {
      const [firsts, seconds] = [
        given.series('seriesListFirstPos'),
        given.series('seriesListSecondPos'),
      ]
      if (firsts.length !== seconds.length) {
        return call.fail(
          `the lists have ${firsts.length} and ${seconds.length} series, which have to be as many`,
        )
      }
      const factor = given.optionalNumber('xFilesFactor') ?? call.xFilesFactor
      return firsts.map((first, i) => {
        const second = seconds[i]!
        const made = aggregateSeries([[first, second]], func ?? given.text('func'), call, factor)!
        const bare = made.name.slice(0, made.name.indexOf('Series('))
        return { ...made, name: `${bare}Series(${first.name},${second.name})` }
      })
    },
  }
}

const dividendParam: Param = { name: 'dividendSeriesList', type: 'seriesList', required: true }

function divided(dividend: Series, divisor: Series, call: Call): Series {
  const name = `divideSeries(${dividend.name},${divisor.name})`
  return pairwise(name, [dividend, divisor], call, quotient)
}

export const pairFunctions: readonly RenderFunction[] = [
  pairLists('aggregateSeriesLists', 'Aggregates the series of two lists pair by pair.', undefined),
  pairLists(
    'diffSeriesLists',
    'Subtracts the series of the second list from those of the first.',
    'diff',
  ),
  pairLists('multiplySeriesLists', 'Multiplies the series of two lists pair by pair.', 'multiply'),
  pairLists('sumSeriesLists', 'Adds up the series of two lists pair by pair.', 'sum'),
  {
    names: ['divideSeries'],
    group: 'Combine',
    description: 'Divides each series by one other; null where that is zero.',
    params: [dividendParam, { name: 'divisorSeries', type: 'seriesList', required: true }],
    run: (given, call) => {
      const dividends = given.series('dividendSeriesList')
      const [divisor, ...others] = given.series('divisorSeries')
      if (others.length > 0) {
        return call.fail(`the divisor has to be exactly one series, not ${others.length + 1}`)
      }
      if (divisor !== undefined) return dividends.map((one) => divided(one, divisor, call))
      return dividends.map((one) =>
        wrapped(one, `divideSeries(${one.name},MISSING)`, { values: one.values.map(() => NaN) }),
      )
    },
  },
  {
    names: ['divideSeriesLists'],
    group: 'Combine',
    description: 'Divides the series of the first list by those of the second, pair by pair.',
    params: [dividendParam, { name: 'divisorSeriesList', type: 'seriesList', required: true }],
    run: (given, call) => {
      const dividends = given.series('dividendSeriesList')
      const divisors = given.series('divisorSeriesList')
      if (dividends.length !== divisors.length) {
        return call.fail(
          `the lists have ${dividends.length} and ${divisors.length} series, which have to be as many`,
        )
      }
      return dividends.map((one, i) => divided(one, divisors[i]!, call))
    },
  },
  {
    names: ['weightedAverage'],
    group: 'Combine',
    description: 'Averages series by the weights in others, which are matched by nodes or tags.',
    params: [
      { name: 'seriesListAvg', type: 'seriesList', required: true },
      { name: 'seriesListWeight', type: 'seriesList', required: true },
      { name: 'nodes', type: 'nodeOrTag', multiple: true },
    ],
    run: (given, call) =>
      weightedAverage(
        given.series('seriesListAvg'),
        given.series('seriesListWeight'),
        given.keys('nodes'),
        call,
      ),
  },
]

function weightedAverage(
  averages: SeriesList,
  weights: SeriesList,
  keys: readonly (number | string)[],
  call: Call,
): SeriesList {
  if (averages.length !== weights.length) {
    call.fail(
      `there are ${averages.length} averages and ${weights.length} weights, which have to be as many`,
    )
  }
  const averageOf = new Map(averages.map((series) => [keyOf(series, keys), series]))
  const weightOf = new Map(weights.map((series) => [keyOf(series, keys), series]))
  const products = [...averageOf].flatMap(([key, average]) => {
    const weight = weightOf.get(key)
    if (weight === undefined) return []
    const name = `product(${weight.name},${average.name})`
    const { start, end, step } = average
    const values = acrossRows([average.values, weight.values], (row) => row[0]! * row[1]!)
    return [madeSeries({ name, start, end, step, values, xFilesFactor: call.xFilesFactor })]
  })
  const total = aggregateSeries([products], 'sum', call)
  const weight = aggregateSeries([weights], 'sum', call)
  if (total === undefined || weight === undefined) return []
  const paths = [averages, weights].map((list) =>
    [...new Set(list.map(({ pathExpression }) => pathExpression))].toSorted().join(','),
  )
  const { start, end, step, xFilesFactor } = total
  return [
    madeSeries({
      name: `weightedAverage(${paths.join(', ')}, ${keys.join(', ')})`,
      start,
      end,
      step,
      xFilesFactor,
      values: acrossRows([total.values, weight.values], (row) => quotient(row[0]!, row[1]!)),
    }),
  ]
}
