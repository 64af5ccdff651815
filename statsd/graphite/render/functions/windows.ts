/** Functions of a window of values that ends at each value; they read the window before the start too. */
import { aggregationOf, average, count } from '../aggregate.ts'
import { parseOffset } from '../attime.ts'
import { rounded } from '../number_text.ts'
import { copied, tagged, type Series, type SeriesList } from '../series.ts'
import { isNumeric, type Arguments } from './arguments.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { movingValues } from './moving_values.ts'

const windowParam: Param = {
  name: 'windowSize',
  type: 'intOrInterval',
  required: true,
  suggestions: [5, 7, 10, '1min', '5min', '10min', '30min', '1hour'],
}
const factorParam: Param = { name: 'xFilesFactor', type: 'float' }

function moving(name: string, func: string, what: string): RenderFunction {
  return {
    names: [name],
    group: 'Calculate',
    description: `Takes the ${what} of the values of a window before each value: a number of values, or a time such as "5min".`,
    params: [seriesParam, windowParam, factorParam],
    run: (given, call) => movingWindow(given, call, func),
  }
}

export const windowFunctions: readonly RenderFunction[] = [
  {
    names: ['movingWindow'],
    group: 'Calculate',
    description: 'Aggregates the values of a window before each value.',
    params: [
      seriesParam,
      windowParam,
      { name: 'func', type: 'aggFunc', default: 'average' },
      factorParam,
    ],
    run: (given, call) => movingWindow(given, call, given.text('func')),
  },
  moving('movingAverage', 'average', 'average'),
  moving('movingMax', 'max', 'greatest'),
  moving('movingMedian', 'median', 'median'),
  moving('movingMin', 'min', 'least'),
  moving('movingSum', 'sum', 'sum'),
  {
    names: ['exponentialMovingAverage'],
    group: 'Calculate',
    description:
      'Takes an average in which later values count more, over a window before each value.',
    params: [seriesParam, windowParam],
    run: async (given, call) => {
      const window = windowOf(given)
      const list = await before(given.series(), window.seconds, call)
      const weight = 2 / (window.size + 1)
      const name = 'exponentialMovingAverage'
      return list.map((series) => {
        const points = window.pointsOf(series)
        return copied(series, `${name}(${series.name},${window.shown})`, {
          tags: tagged(series, { [name]: window.written }),
          start: series.start + window.seconds,
          values: exponential(series.values, points, weight),
        })
      })
    },
  },
  {
    names: ['stdev'],
    group: 'Calculate',
    description:
      'Takes the standard deviation of the last so many values, where enough of them are known.',
    params: [
      seriesParam,
      { name: 'points', type: 'integer', required: true },
      { name: 'windowTolerance', type: 'float', default: 0.1 },
    ],
    run: (given, call) => {
      const points = given.number('points')
      if (points < 1) return call.fail('points have to be at least 1')
      return given.series().map((series) =>
        copied(series, `stdev(${series.name},${points})`, {
          tags: tagged(series, { stdev: String(points) }),
          values: deviations(series.values, points, given.number('windowTolerance')),
        }),
      )
    },
  },
]

/** A window as it is given: `5`, or `"5min"`. */
interface MovingWindow {
  /** As a tag has it. */
  readonly written: string
  /** As a name has it. */
  readonly shown: string
  /** What is read before the start. */
  readonly seconds: number
  /** Values where it is a number, else seconds. */
  readonly size: number
  pointsOf(series: Series): number
}

function windowOf(given: Arguments): MovingWindow {
  const size = given.value('windowSize')!
  if (isNumeric(size)) {
    const points = Math.trunc(size.number)
    const step = given.series().reduce((most, series) => Math.max(most, series.step), 0)
    const written = given.written('windowSize')
    return { written, shown: written, seconds: step * points, size: points, pointsOf: () => points }
  }
  const text = size as string
  const seconds = Math.abs(parseOffset(text))
  const pointsOf = ({ step }: Series) => Math.floor(seconds / step)
  return { written: text, shown: `"${text}"`, seconds, size: seconds, pointsOf }
}

/** The series from so many seconds before the start on. */
async function before(list: SeriesList, seconds: number, call: Call): Promise<SeriesList> {
  if (list.length === 0) return []
  return call.again({ fromS: call.fromS - seconds, untilS: call.untilS })
}

async function movingWindow(given: Arguments, call: Call, func: string): Promise<SeriesList> {
  if (aggregationOf(func) === undefined) call.fail(`there is no aggregation ${func}`)
  const window = windowOf(given)
  const list = await before(given.series(), window.seconds, call)
  const name = `moving${func[0]!.toUpperCase()}${func.slice(1).toLowerCase()}`
  return list.map((series) => {
    const xFilesFactor = given.optionalNumber('xFilesFactor') ?? series.xFilesFactor
    return copied(series, `${name}(${series.name},${window.shown})`, {
      tags: tagged(series, { [name]: window.written }),
      start: series.start + window.seconds,
      values: movingValues(series.values, window.pointsOf(series), func, xFilesFactor),
    })
  })
}

function exponential(values: Float64Array, points: number, weight: number): Float64Array {
  const head = values.subarray(0, points)
  let mean = count(head) === 0 ? 0 : average(head)
  const result = new Float64Array(1 + Math.max(values.length - points, 0))
  result[0] = rounded(mean, 6)
  for (let i = points; i < values.length; i++) {
    const value = values[i]!
    if (value === value) mean = weight * value + (1 - weight) * mean
    result[i - points + 1] = value === value ? rounded(mean, 6) : NaN
  }
  return result
}

function deviations(values: Float64Array, points: number, tolerance: number): Float64Array {
  let known = 0
  let total = 0
  let squares = 0
  return values.map((value, i) => {
    const gone = values[i - points] ?? NaN
    if (gone === gone) {
      known--
      total -= gone
      squares -= gone * gone
    }
    if (value === value) {
      known++
      total += value
      squares += value * value
    }
    if (known === 0 || known / points < tolerance) return NaN
    return Math.sqrt(known * squares - total * total) / known
  })
}
