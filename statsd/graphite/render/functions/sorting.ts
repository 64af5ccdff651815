/** Functions that order series, and those that then take the first. */
import {
  aggregationOf,
  average,
  count,
  last,
  max,
  min,
  sum,
  type Aggregation,
} from '../aggregate.ts'
import type { Series, SeriesList } from '../series.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'

const countParam: Param = { name: 'n', type: 'integer', required: true }
const funcParam: Param = { name: 'func', type: 'aggFunc', default: 'average' }

/** By the aggregate, null before all others; those of the same keep their order, also in reverse. */
function sorted(list: SeriesList, aggregation: Aggregation, isReverse: boolean): SeriesList {
  const keys = new Map(list.map((series) => [series, aggregation(series.values)]))
  const keyOf = (series: Series) => {
    const key = keys.get(series)!
    return key === key ? key : -Infinity
  }
  const sign = isReverse ? -1 : 1
  return list.toSorted((a, b) => {
    const [left, right] = [keyOf(a), keyOf(b)]
    return left === right ? 0 : left < right ? -sign : sign
  })
}

function aggregationNamed(name: string, call: Call): Aggregation {
  return aggregationOf(name) ?? call.fail(`there is no aggregation ${name}`)
}

function first(
  name: string,
  what: string,
  aggregation: Aggregation,
  isHighest: boolean,
): RenderFunction {
  return {
    names: [name],
    group: 'Filter Series',
    description: `Leaves the so many series whose ${what} value is ${isHighest ? 'greatest' : 'least'}.`,
    params: [seriesParam, countParam],
    run: (given) => sorted(given.series(), aggregation, isHighest).slice(0, given.number('n')),
  }
}

function firstBy(name: string, isHighest: boolean): RenderFunction {
  return {
    names: [name],
    group: 'Filter Series',
    description: `Leaves the so many series whose aggregate is ${isHighest ? 'greatest' : 'least'}.`,
    params: [seriesParam, countParam, funcParam],
    run: (given, call) => {
      const aggregation = aggregationNamed(given.text('func'), call)
      return sorted(given.series(), aggregation, isHighest).slice(0, given.number('n'))
    },
  }
}

export const sortingFunctions: readonly RenderFunction[] = [
  firstBy('highest', true),
  firstBy('lowest', false),
  first('highestAverage', 'average', average, true),
  first('highestCurrent', 'last', last, true),
  first('highestMax', 'greatest', max, true),
  first('lowestAverage', 'average', average, false),
  first('lowestCurrent', 'last', last, false),
  {
    names: ['mostDeviant'],
    group: 'Filter Series',
    description: 'Leaves the so many series whose values deviate most from their average.',
    params: [seriesParam, countParam],
    run: (given) => {
      const list = given.series().filter(({ values }) => count(values) > 0)
      return sorted(list, variance, true).slice(0, given.number('n'))
    },
  },
  {
    names: ['sortBy'],
    group: 'Sorting',
    description: 'Orders series by an aggregate, the least first.',
    params: [seriesParam, funcParam, { name: 'reverse', type: 'boolean', default: false }],
    run: (given, call) =>
      sorted(given.series(), aggregationNamed(given.text('func'), call), given.flag('reverse')),
  },
  {
    names: ['sortByMaxima'],
    group: 'Sorting',
    description: 'Orders series by their greatest value, the greatest first.',
    params: [seriesParam],
    run: (given) => sorted(given.series(), max, true),
  },
  {
    names: ['sortByMinima'],
    group: 'Sorting',
    description:
      'Orders series by their least value, the least first; without series that are never above 0.',
    params: [seriesParam],
    run: (given) =>
      sorted(
        given.series().filter(({ values }) => max(values) > 0),
        min,
        false,
      ),
  },
  {
    names: ['sortByName'],
    group: 'Sorting',
    description: 'Orders series by their names, numbers in them by their values if natural.',
    params: [
      seriesParam,
      { name: 'natural', type: 'boolean', default: false },
      { name: 'reverse', type: 'boolean', default: false },
    ],
    run: (given) => {
      const isNatural = given.flag('natural')
      const keyOf = ({ name }: Series) =>
        isNatural ? name.replaceAll(/\d+/g, (digits) => digits.padStart(10, '0')) : name
      const sign = given.flag('reverse') ? -1 : 1
      return given.series().toSorted((a, b) => {
        const [left, right] = [keyOf(a), keyOf(b)]
        return left === right ? 0 : left < right ? -sign : sign
      })
    },
  },
  {
    names: ['sortByTotal'],
    group: 'Sorting',
    description: 'Orders series by their sums, the greatest first.',
    params: [seriesParam],
    run: (given) => sorted(given.series(), sum, true),
  },
]

function variance(values: Float64Array): number {
  const mean = average(values)
  let squares = 0
  for (const value of values) if (value === value) squares += (value - mean) ** 2
  return squares / count(values)
}
