/** Functions that leave out series or values. */
import {
  acrossRows,
  aggregationOf,
  average,
  count,
  isKnown,
  percentile,
  type Aggregation,
} from '../aggregate.ts'
import { expressionOf, replacementOf } from '../expression.ts'
import { generalText, floatText } from '../number_text.ts'
import { tagged, wrapped, type Series, type SeriesList } from '../series.ts'
import type { Call } from './call.ts'
import { listsParam, seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'

/** Whether a value (null is NaN) stands in a relation to a threshold. */
type Relation = (value: number, threshold: number) => boolean

const relations: Readonly<Record<string, Relation>> = {
  '!=': (value, threshold) => value !== threshold,
  '<': (value, threshold) => !(value >= threshold),
  '<=': (value, threshold) => !(value > threshold),
  '=': (value, threshold) => value === threshold,
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
}

const float: Param = { name: 'n', type: 'float', required: true }

function aggregationNamed(name: string, call: Call): Aggregation {
  return aggregationOf(name) ?? call.fail(`there is no aggregation ${name}`)
}

/** Series whose aggregate is above, or not above, a number. */
function filter(name: string, func: string, relation: '>' | '<='): RenderFunction {
  const side = relation === '>' ? 'above' : 'at or below'
  return {
    names: [name],
    group: 'Filter Series',
    description: `Leaves the series whose ${func} value is ${side} a number.`,
    params: [seriesParam, float],
    run: (given, call) => {
      const aggregation = aggregationNamed(func, call)
      const threshold = given.number('n')
      return given
        .series()
        .filter(({ values }) => relations[relation]!(aggregation(values), threshold))
    },
  }
}

function matching(name: string, description: string, isKept: boolean): RenderFunction {
  return {
    names: [name],
    group: 'Filter Series',
    description,
    params: [seriesParam, { name: 'pattern', type: 'string', required: true }],
    run: (given) => {
      const expression = expressionOf(given.text('pattern'))
      return given.series().filter((series) => expression.fits(series.name) === isKept)
    },
  }
}

/** Makes values beyond a number null. A value that is null stays so. */
function removing(name: string, description: string, isGone: Relation): RenderFunction {
  return {
    names: [name],
    group: 'Filter Data',
    description,
    params: [seriesParam, float],
    run: (given) => {
      const n = given.number('n')
      return given.series().map((series) =>
        wrapped(series, `${name}(${series.name}, ${generalText(n)})`, {
          values: series.values.map((value) => (isGone(value, n) ? NaN : value)),
        }),
      )
    },
  }
}

function removingPercentile(name: string, description: string, isGone: Relation): RenderFunction {
  return {
    names: [name],
    group: 'Filter Data',
    description,
    params: [seriesParam, float],
    run: (given, call) => {
      const n = given.number('n')
      if (n <= 0) return call.fail('the percentile has to be greater than 0')
      return given.series().map((series) => {
        const named = wrapped(series, `${name}(${series.name}, ${generalText(n)})`)
        const bound = percentile(series.values, n)
        if (Number.isNaN(bound)) return named
        return {
          ...named,
          tags: tagged(series, { nPercentile: floatText(n) }),
          values: series.values.map((value) => (isGone(value, bound) ? NaN : value)),
        }
      })
    },
  }
}

export const filteringFunctions: readonly RenderFunction[] = [
  filter('averageAbove', 'average', '>'),
  filter('averageBelow', 'average', '<='),
  filter('currentAbove', 'last', '>'),
  filter('currentBelow', 'last', '<='),
  filter('maximumAbove', 'max', '>'),
  filter('maximumBelow', 'max', '<='),
  filter('minimumAbove', 'min', '>'),
  filter('minimumBelow', 'min', '<='),
  matching('exclude', 'Leaves out the series whose names fit an expression.', false),
  matching('grep', 'Leaves the series whose names fit an expression.', true),
  removing('removeAboveValue', 'Makes values above a number null.', (value, n) => value > n),
  removing('removeBelowValue', 'Makes values below a number null.', (value, n) => value < n),
  removingPercentile(
    'removeAbovePercentile',
    'Makes values above the percentile of their series null.',
    (value, n) => value > n,
  ),
  removingPercentile(
    'removeBelowPercentile',
    'Makes values below the percentile of their series null.',
    (value, n) => value < n,
  ),
  {
    names: ['filterSeries'],
    group: 'Filter Series',
    description: 'Leaves the series whose aggregate stands in a relation to a number.',
    params: [
      seriesParam,
      { name: 'func', type: 'aggFunc', required: true },
      { name: 'operator', type: 'string', required: true, options: Object.keys(relations) },
      { name: 'threshold', type: 'float', required: true },
    ],
    run: (given, call) => {
      const aggregation = aggregationNamed(given.text('func'), call)
      const relation = relations[given.text('operator')]!
      const threshold = given.number('threshold')
      return given.series().filter(({ values }) => relation(aggregation(values), threshold))
    },
  },
  {
    names: ['limit'],
    group: 'Filter Series',
    description: 'Leaves the first so many series.',
    params: [seriesParam, { name: 'n', type: 'integer', required: true }],
    run: (given) => given.series().slice(0, given.number('n')),
  },
  {
    names: ['removeEmptySeries'],
    group: 'Filter Series',
    description: 'Leaves out series that have no values, or fewer than a share of them.',
    params: [seriesParam, { name: 'xFilesFactor', type: 'float' }],
    run: (given) => {
      const factor = given.optionalNumber('xFilesFactor') ?? 0
      return given.series().filter(({ values }) => isKnown(count(values), values.length, factor))
    },
  },
  {
    names: ['unique'],
    group: 'Filter Series',
    description: 'Leaves each name once.',
    params: [listsParam],
    run: (given) => {
      const seen = new Set<string>()
      const isNew = ({ name }: Series) => !seen.has(name) && seen.add(name)
      return given.lists().flat().filter(isNew)
    },
  },
  {
    names: ['averageOutsidePercentile'],
    group: 'Filter Series',
    description: 'Leaves the series whose average is outside of a percentile of all averages.',
    params: [seriesParam, float],
    run: (given) => {
      const list = given.series()
      const averages = new Float64Array(list.map(({ values }) => average(values)))
      const [low, high] = bounds(averages, given.number('n'))
      return list.filter((_, i) => !(low < averages[i]! && averages[i]! < high))
    },
  },
  {
    names: ['removeBetweenPercentile'],
    group: 'Filter Series',
    description:
      'Leaves the series that are at some time outside of a percentile of the series at that time.',
    params: [seriesParam, float],
    run: (given) => outsiders(given.series(), given.number('n')),
  },
  {
    names: ['useSeriesAbove'],
    group: 'Filter Series',
    description:
      'Takes the series whose greatest value is above a number, and shows others, named as an expression says.',
    params: [
      seriesParam,
      { name: 'value', type: 'float', required: true },
      { name: 'search', type: 'string', required: true },
      { name: 'replace', type: 'string', required: true },
    ],
    run: async (given, call) => {
      const search = expressionOf(given.text('search'))
      const replace = replacementOf(given.text('replace'), given.text('search'))
      const above = given
        .series()
        .filter(({ values }) => values.some((one) => one > given.number('value')))
      const result = []
      for (const { name } of above) {
        result.push(...(await call.target(search.replaced(name, replace))))
      }
      return result.filter(({ values }) => values.length > 0)
    },
  },
]

/** Values of the lower and the upper percentile. */
function bounds(values: Float64Array, n: number): readonly [number, number] {
  const upper = n < 50 ? 100 - n : n
  return [percentile(values, 100 - upper), percentile(values, upper)]
}

function outsiders(list: SeriesList, n: number): SeriesList {
  const columns = list.map(({ values }) => values)
  const length = columns.reduce((least, { length: size }) => Math.min(least, size), Infinity)
  const low = acrossRows(columns, (row) => bounds(row, n)[0])
  const high = acrossRows(columns, (row) => bounds(row, n)[1])
  const isOutside = (value: number, i: number) =>
    i < length && value === value && !(low[i]! < value && value < high[i]!)
  return list.filter(({ values }) => values.some(isOutside))
}
