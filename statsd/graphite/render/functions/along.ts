/** Functions that go along a series: what a value becomes depends on those before it. */
import { parseOffset } from '../attime.ts'
import { min, max } from '../aggregate.ts'
import { floatText, rounded } from '../number_text.ts'
import { copied, tagged, wrapped, type Series } from '../series.ts'
import type { Arguments } from './arguments.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { withoutGaps } from './summarized_values.ts'

/** A function whose results are copies: what a chart was told about the series is left out. */
function copying(
  name: string,
  description: string,
  params: readonly Param[],
  make: (given: Arguments, series: Series) => { tag: string; shown?: string; values: Float64Array },
): RenderFunction {
  return {
    names: [name],
    group: 'Transform',
    description,
    params: [seriesParam, ...params],
    run: (given) =>
      given.series().map((series) => {
        const { tag, shown = '', values } = make(given, series)
        const tags = tagged(series, { [name]: tag })
        return copied(series, `${name}(${series.name}${shown})`, { tags, values })
      }),
  }
}

/** A function that only wraps the name. */
function wrapping(
  name: string,
  group: RenderFunction['group'],
  description: string,
  params: readonly Param[],
  make: (given: Arguments, series: Series) => Float64Array,
): RenderFunction {
  return {
    names: [name],
    group,
    description,
    params: [seriesParam, ...params],
    run: (given) =>
      given
        .series()
        .map((series) =>
          wrapped(series, `${name}(${series.name})`, { values: make(given, series) }),
        ),
  }
}

const limitParam: Param = { name: 'limit', type: 'intOrInf', default: Infinity }
const counterParams: readonly Param[] = [
  { name: 'maxValue', type: 'float' },
  { name: 'minValue', type: 'float' },
]

export const alongFunctions: readonly RenderFunction[] = [
  copying(
    'derivative',
    'Takes the difference of each value to the one before it.',
    [],
    (_, { values }) => ({
      tag: '1',
      values: values.map((value, i) => value - (values[i - 1] ?? NaN)),
    }),
  ),
  copying(
    'nonNegativeDerivative',
    'Takes the growth of a counter from value to value; null where it starts again.',
    counterParams,
    (given, { values }) => ({ tag: '1', values: growth(values, given) }),
  ),
  copying(
    'perSecond',
    'Takes the growth of a counter a second; null where it starts again.',
    counterParams,
    (given, { values, step }) => ({
      tag: '1',
      values: growth(values, given).map((delta) => rounded(delta / step, 6)),
    }),
  ),
  copying('integral', 'Adds up the values from the beginning on.', [], (_, { values }) => {
    let total = 0
    return { tag: '1', values: values.map((value) => (value === value ? (total += value) : NaN)) }
  }),
  {
    names: ['integralByInterval'],
    group: 'Transform',
    description:
      'Adds up the values, beginning again after each interval from the start of the request.',
    params: [seriesParam, { name: 'intervalUnit', type: 'string', required: true }],
    run: (given, call) => {
      const unit = given.text('intervalUnit')
      const interval = lengthOf(unit)
      if (interval === 0) return call.fail(`"${unit}" is no length of time`)
      return given.series().map((series) =>
        copied(series, `integralByInterval(${series.name},'${unit}')`, {
          tags: tagged(series, { integralByInterval: unit }),
          values: integralsBy(series, interval, call.fromS),
        }),
      )
    },
  },
  copying(
    'delay',
    'Moves values so many steps to later, negative ones to earlier.',
    [{ name: 'steps', type: 'integer', required: true }],
    (given, { values }) => {
      const steps = given.number('steps')
      return {
        tag: String(steps),
        shown: `,${steps}`,
        values: values.map((_, i) => values[i - steps] ?? NaN),
      }
    },
  ),
  wrapping(
    'keepLastValue',
    'Transform',
    'Fills gaps of at most so many steps with the value before them.',
    [limitParam],
    (given, { values }) => filled(values, given.number('limit'), true, (before) => before),
  ),
  wrapping(
    'interpolate',
    'Transform',
    'Fills gaps of at most so many steps with a straight line.',
    [limitParam],
    (given, { values }) =>
      filled(values, given.number('limit'), false, (before, after, i, length) => {
        return before + (i * (after - before)) / (length + 1)
      }),
  ),
  wrapping(
    'changed',
    'Special',
    'Shows 1 where the value differs from the last one known, else 0.',
    [],
    (_, { values }) => {
      let previous = NaN
      return values.map((value) => {
        const isChange = value === value && previous === previous && value !== previous
        if (value === value) previous = value
        return isChange ? 1 : 0
      })
    },
  ),
  wrapping(
    'minMax',
    'Transform',
    'Scales the values to 0 to 1 between their least and their greatest.',
    [],
    (_, series) => {
      const least = min(series.values)
      const span = max(series.values) - least
      return series.values.map((value) =>
        value !== value ? NaN : span === 0 ? 0 : (value - least) / span,
      )
    },
  ),
  {
    names: ['offsetToZero'],
    group: 'Transform',
    description: 'Subtracts the least value of each series from all of its values.',
    params: [seriesParam],
    run: (given) =>
      given.series().map((series) => {
        const least = min(series.values)
        return wrapped(series, `offsetToZero(${series.name})`, {
          tags: tagged(series, { offsetToZero: Number.isNaN(least) ? 'None' : floatText(least) }),
          values: series.values.map((value) => value - least),
        })
      }),
  },
  {
    names: ['compressPeriodicGaps'],
    group: 'Transform',
    description:
      'Takes out gaps that come back at regular steps, as of a series that reports less often.',
    params: [seriesParam],
    run: (given) =>
      given
        .series()
        .map((series) => withoutGaps(wrapped(series, `compressPeriodicGaps(${series.name})`))),
  },
]

function lengthOf(text: string): number {
  try {
    return Math.abs(parseOffset(text))
  } catch {
    return 0
  }
}

/** What a counter grew by; a value outside of the bounds, or null, is as if the counter were new after it. */
function growth(values: Float64Array, given: Arguments): Float64Array {
  const most = given.optionalNumber('maxValue')
  const least = given.optionalNumber('minValue')
  let previous = NaN
  return values.map((value) => {
    const before = previous
    const isOutside = (most !== undefined && value > most) || (least !== undefined && value < least)
    previous = isOutside ? NaN : value
    if (isOutside || value >= before || value !== value || before !== before) {
      return isOutside ? NaN : value - before
    }
    if (most !== undefined) return most + 1 + value - before - (least ?? 0)
    return least === undefined ? NaN : value - least
  })
}

function integralsBy(
  { values, start, step }: Series,
  interval: number,
  fromS: number,
): Float64Array {
  let total = 0
  return values.map((value, i) => {
    const time = start + i * step - fromS
    if (Math.floor(time / interval) !== Math.floor((time - step) / interval)) total = 0
    if (value === value) total += value
    return total
  })
}

/** Gaps of at most `limit` nulls after a known value, and before one too unless `atEnd`. */
function filled(
  values: Float64Array,
  limit: number,
  atEnd: boolean,
  fill: (before: number, after: number, place: number, length: number) => number,
): Float64Array {
  const result = values.slice()
  let known = -1
  for (let i = 0; i <= values.length; i++) {
    const value = values[i]
    if (value !== undefined && value !== value) continue
    const gap = i - known - 1
    if (known >= 0 && gap > 0 && gap <= limit && (value !== undefined || atEnd)) {
      for (let place = 1; place <= gap; place++) {
        result[known + place] = fill(values[known]!, value ?? NaN, place, gap)
      }
    }
    known = i
  }
  return result
}
