/** Functions about lists as a whole, and what later functions do with series. */
import { acrossRows, count, percentile } from '../aggregate.ts'
import { consolidationNames, type ConsolidationName } from '../consolidation_names.ts'
import { floatText, generalText } from '../number_text.ts'
import { copied, tagged, wrapped, type SeriesList } from '../series.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import { linearRegression } from './regression.ts'

function consolidatingBy(list: SeriesList, consolidation: ConsolidationName): SeriesList {
  return list.map((series) =>
    wrapped(series, `consolidateBy(${series.name},"${consolidation}")`, {
      consolidation,
      tags: tagged(series, { consolidateBy: consolidation }),
    }),
  )
}

export const specialFunctions: readonly RenderFunction[] = [
  {
    names: ['consolidateBy'],
    group: 'Special',
    description: 'Says how several values become one where there are more than the chart shows.',
    params: [
      seriesParam,
      { name: 'consolidationFunc', type: 'string', required: true, options: consolidationNames },
    ],
    run: (given) =>
      consolidatingBy(given.series(), given.text('consolidationFunc') as ConsolidationName),
  },
  {
    names: ['cumulative'],
    group: 'Special',
    description: 'Adds up values where there are more than the chart shows.',
    params: [seriesParam],
    run: (given) => consolidatingBy(given.series(), 'sum'),
  },
  {
    names: ['fallbackSeries'],
    group: 'Special',
    description: 'Shows other series when there are none.',
    params: [seriesParam, { name: 'fallback', type: 'seriesList', required: true }],
    run: (given) => (given.series().length > 0 ? given.series() : given.series('fallback')),
  },
  {
    names: ['group'],
    group: 'Combine',
    description: 'Makes one list of several.',
    params: [{ name: 'seriesLists', type: 'seriesList', multiple: true }],
    run: (given) => given.lists().flat(),
  },
  {
    names: ['seriesByTag'],
    group: 'Special',
    description:
      'Finds series by expressions on their tags: tag=value, tag!=value, tag=~regex, tag!=~regex.',
    params: [{ name: 'tagExpressions', type: 'string', required: true, multiple: true }],
    run: (_, call) => call.fail('it cannot be called by another function'),
  },
  {
    names: ['setXFilesFactor', 'xFilesFactor'],
    group: 'Special',
    description: 'Says what share of values has to be known for an aggregate not to be null.',
    params: [seriesParam, { name: 'xFilesFactor', type: 'float', required: true }],
    run: (given, call) => {
      const xFilesFactor = given.number('xFilesFactor')
      call.xFilesFactor = xFilesFactor
      const tags = { xFilesFactor: floatText(xFilesFactor) }
      return given
        .series()
        .map((series) => ({ ...series, xFilesFactor, tags: tagged(series, tags) }))
    },
  },
  {
    names: ['transformNull'],
    group: 'Transform',
    description: 'Makes nulls a number, if series are given only where one of them is known.',
    params: [
      seriesParam,
      { name: 'default', type: 'float', default: 0 },
      { name: 'referenceSeries', type: 'seriesList' },
    ],
    run: (given) => {
      const value = given.number('default')
      const references = given.series('referenceSeries')
      const places = acrossRows(
        references.map(({ values }) => values),
        (row) => (count(row) > 0 ? value : NaN),
      )
      const isReferred = references.length > 0
      const shown = `${generalText(value)}${isReferred ? ',referenceSeries' : ''}`
      const tags: Record<string, string> = { transformNull: given.written('default') }
      if (isReferred) tags['referenceSeries'] = '1'
      return given.series().map((series) =>
        wrapped(series, `transformNull(${series.name},${shown})`, {
          tags: tagged(series, tags),
          values: isReferred ? filledFrom(series.values, places) : filledWith(series.values, value),
        }),
      )
    },
  },
  {
    names: ['nPercentile'],
    group: 'Calculate',
    description: 'Draws the percentile of each series as a horizontal line.',
    params: [seriesParam, { name: 'n', type: 'float', required: true }],
    run: (given, call) => {
      const n = given.number('n')
      if (n <= 0) return call.fail('the percentile has to be greater than 0')
      return given.series().flatMap((series) => {
        const value = percentile(series.values, n)
        if (Number.isNaN(value)) return []
        const length = Math.trunc((series.end - series.start) / series.step)
        call.reserve(length)
        return copied(series, `nPercentile(${series.name}, ${generalText(n)})`, {
          tags: tagged(series, { nPercentile: floatText(n) }),
          values: new Float64Array(length).fill(value),
        })
      })
    },
  },
  {
    names: ['linearRegression'],
    group: 'Calculate',
    description:
      'Draws the straight line through each series, or through its values of another time.',
    params: [
      seriesParam,
      { name: 'startSourceAt', type: 'date' },
      { name: 'endSourceAt', type: 'date' },
    ],
    run: linearRegression,
  },
]

function filledWith(values: Float64Array, value: number): Float64Array {
  return values.map((one) => (one === one ? one : value))
}

function filledFrom(values: Float64Array, places: Float64Array): Float64Array {
  return values.map((value, place) => (value === value ? value : (places[place] ?? NaN)))
}
