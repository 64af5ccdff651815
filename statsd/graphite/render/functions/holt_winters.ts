/** Holt-Winters triple exponential smoothing: what a series would be if it went on as in the seasons before. */
import { parseOffset } from '../attime.ts'
import { madeSeries, tagged, type Series, type SeriesList } from '../series.ts'
import type { Arguments } from './arguments.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { areaBetween } from './drawing.ts'

const delta: Param = { name: 'delta', type: 'integer', default: 3 }
const timeParams: readonly Param[] = [
  { name: 'bootstrapInterval', type: 'interval', default: '7d', suggestions: ['7d', '30d'] },
  { name: 'seasonality', type: 'interval', default: '1d', suggestions: ['1d', '7d'] },
]

export const holtWintersFunctions: readonly RenderFunction[] = [
  {
    names: ['holtWintersForecast'],
    group: 'Calculate',
    description: 'Draws what each series was expected to be.',
    params: [seriesParam, ...timeParams],
    run: async (given, call) => {
      const analyses = await analysed(given, call)
      return analyses.map(({ series, predictions }) =>
        shown(series, 'holtWintersForecast', series.tags, predictions),
      )
    },
  },
  {
    names: ['holtWintersConfidenceBands'],
    group: 'Calculate',
    description: 'Draws a lower and an upper bound of what each series was expected to be.',
    params: [seriesParam, delta, ...timeParams],
    run: confidenceBands,
  },
  {
    names: ['holtWintersConfidenceArea'],
    group: 'Calculate',
    description: 'Draws the area between the bounds of what a series was expected to be.',
    params: [seriesParam, delta, ...timeParams],
    run: async (given, call) => {
      const [lower, upper, ...others] = await confidenceBands(given, call)
      if (lower === undefined || upper === undefined || others.length > 0) {
        return call.fail('it takes exactly one series')
      }
      const name = `holtWintersConfidenceArea(${upper.pathExpression})`
      return areaBetween([lower, upper], name, 'holtWintersConfidenceArea').map((series) => ({
        ...series,
        pathExpression: name,
      }))
    },
  },
  {
    names: ['holtWintersAberration'],
    group: 'Calculate',
    description: 'Draws how far each series is outside of the bounds of what was expected.',
    params: [seriesParam, delta, ...timeParams],
    run: async (given, call) => {
      const bands = new Map((await confidenceBands(given, call)).map((band) => [band.name, band]))
      return given.series().map((series) => {
        const lower = bands.get(`holtWintersConfidenceLower(${series.name})`)?.values
        const upper = bands.get(`holtWintersConfidenceUpper(${series.name})`)?.values
        const { start, end, step, xFilesFactor } = series
        return madeSeries({
          name: `holtWintersAberration(${series.name})`,
          start,
          end,
          step,
          xFilesFactor,
          tags: tagged(series, { holtWintersAberration: '1' }),
          values: series.values.map((value, i) => {
            const [least, most] = [lower?.[i] ?? NaN, upper?.[i] ?? NaN]
            return value > most ? value - most : value < least ? value - least : 0
          }),
        })
      })
    },
  },
]

/** A series over the window, and for each of its values what was expected, and how far off that used to be. */
interface Analysis {
  readonly series: Series
  readonly predictions: Float64Array
  readonly deviations: Float64Array
}

async function analysed(given: Arguments, call: Call): Promise<readonly Analysis[]> {
  const seconds = parseOffset(given.text('bootstrapInterval'))
  const season = parseOffset(given.text('seasonality'))
  if (seconds < 0 || season <= 0)
    call.fail('bootstrapInterval and seasonality have to be lengths of time')
  const list = await call.again({ fromS: call.fromS - seconds, untilS: call.untilS })
  return list.map((series) => {
    const { predictions, deviations } = smoothed(
      series.values,
      Math.max(Math.floor(season / series.step), 2),
    )
    const points = Math.floor(seconds / series.step)
    return {
      series: {
        ...series,
        start: series.start + seconds,
        tags: tagged(series, { holtWintersForecast: '1', holtWintersDeviation: '1' }),
      },
      predictions: predictions.slice(points),
      deviations: deviations.slice(points),
    }
  })
}

async function confidenceBands(given: Arguments, call: Call): Promise<SeriesList> {
  const width = given.number('delta')
  const analyses = await analysed(given, call)
  return analyses.flatMap(({ series, predictions, deviations }) => {
    const tags = tagged(series, {
      holtWintersConfidenceUpper: '1',
      holtWintersConfidenceLower: '1',
    })
    const band = (name: string, sign: number) => ({
      ...shown(
        series,
        name,
        tags,
        predictions.map((value, i) => value + sign * (width * deviations[i]!)),
      ),
      pathExpression: series.pathExpression,
    })
    return [band('holtWintersConfidenceLower', -1), band('holtWintersConfidenceUpper', 1)]
  })
}

function shown(
  series: Series,
  name: string,
  tags: ReadonlyMap<string, string>,
  values: Float64Array,
): Series {
  const { start, end, step, xFilesFactor } = series
  return madeSeries({
    name: `${name}(${series.name})`,
    start,
    end,
    step,
    values,
    tags,
    xFilesFactor,
  })
}

const alpha = 0.1
const beta = 0.0035
const gamma = 0.1

/** `season`: values. A null starts the level anew. */
function smoothed(values: Float64Array, season: number) {
  const seasonals = new Float64Array(values.length)
  const deviations = new Float64Array(values.length)
  const predictions = new Float64Array(values.length)
  let level = NaN
  let slope = 0
  let next = NaN
  for (const [i, value] of values.entries()) {
    if (value !== value) {
      predictions[i] = next
      level = NaN
      slope = 0
      next = NaN
      continue
    }
    const prediction = i === 0 ? value : next
    const before = level === level ? level : value
    const lastSeasonal = seasonals[i - season] ?? 0
    const nextSeasonal = seasonals[i + 1 - season] ?? 0
    const intercept = alpha * (value - lastSeasonal) + (1 - alpha) * (before + slope)
    slope = beta * (intercept - before) + (1 - beta) * slope
    seasonals[i] = gamma * (value - intercept) + (1 - gamma) * lastSeasonal
    const distance = Math.abs(value - (prediction === prediction ? prediction : 0))
    deviations[i] = gamma * distance + (1 - gamma) * (deviations[i - season] ?? 0)
    predictions[i] = prediction
    next = intercept + slope + nextSeasonal
    level = intercept
  }
  return { predictions, deviations }
}
