/** Functions that make series of their own. */
import { aggregationOf } from '../aggregate.ts'
import { parseTime } from '../attime.ts'
import { floatText, generalText } from '../number_text.ts'
import { copied, madeSeries, type Series } from '../series.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'

/** A line of three values over the window, named by its value. */
export function constantLine(value: number, call: Call, text = floatText(value)): Series {
  const { fromS: start, untilS: end, xFilesFactor } = call
  const step = Math.max(Math.trunc((end - start) / 2), 1)
  const values = new Float64Array([value, value, value])
  const pathExpression = `constantLine(${text})`
  return madeSeries({ name: text, pathExpression, start, end, step, values, xFilesFactor })
}

const value: Param = { name: 'value', type: 'float', required: true }
const nameParam: Param = { name: 'name', type: 'string', required: true }
const stepParam: Param = { name: 'step', type: 'integer', default: 60 }
const label: Param = { name: 'label', type: 'string' }
const color: Param = { name: 'color', type: 'string' }

/** A value for each step of the window. */
function generated(
  name: string,
  step: number,
  call: Call,
  make: (timeS: number) => number,
): Series {
  if (step < 1) call.fail('the step has to be at least 1')
  const { fromS: start, untilS: end, xFilesFactor } = call
  const length = Math.ceil((end - start) / step)
  call.reserve(length)
  const values = new Float64Array(length).map((_, i) => make(start + i * step))
  return madeSeries({ name, start, end, step, values, xFilesFactor })
}

export const constantFunctions: readonly RenderFunction[] = [
  {
    names: ['constantLine'],
    group: 'Special',
    description: 'Draws a horizontal line.',
    params: [value],
    run: (given, call) => [constantLine(given.number('value'), call)],
  },
  {
    names: ['threshold'],
    group: 'Graph',
    description: 'Draws a horizontal line with a label and a color.',
    params: [value, label, color],
    run: (given, call) => {
      const line = constantLine(given.number('value'), call)
      const name = given.optionalText('label') || line.name
      const drawn = given.optionalText('color')
      return [drawn ? { ...line, name, color: drawn } : { ...line, name }]
    },
  },
  {
    names: ['verticalLine'],
    group: 'Graph',
    description: 'Draws a vertical line at a time.',
    params: [{ name: 'ts', type: 'date', required: true }, label, color],
    run: (given, call) => {
      const time = parseTime(given.text('ts'), call.zone, call.nowS)
      if (time < call.fromS || time > call.untilS) {
        const side = time < call.fromS ? 'before the start' : 'after the end'
        return call.fail(`the time ${time} is ${side} of the range`)
      }
      const line = madeSeries({
        name: given.optionalText('label') ?? '',
        start: time,
        end: time,
        step: 1,
        values: new Float64Array([1, 1]),
        xFilesFactor: call.xFilesFactor,
        options: { drawAsInfinite: true },
      })
      const drawn = given.optionalText('color')
      return [drawn ? { ...line, color: drawn } : line]
    },
  },
  {
    names: ['aggregateLine'],
    group: 'Calculate',
    description: 'Draws the aggregate of each series as a horizontal line.',
    params: [
      seriesParam,
      { name: 'func', type: 'aggFunc', default: 'average' },
      { name: 'keepStep', type: 'boolean', default: false },
    ],
    run: (given, call) => {
      const func = given.text('func')
      const aggregation = aggregationOf(func) ?? call.fail(`there is no aggregation ${func}`)
      return given.series().map((series) => {
        const line = aggregation(series.values)
        const shown = Number.isNaN(line) ? 'None' : generalText(line)
        const name = `aggregateLine(${series.name}, ${shown})`
        if (given.flag('keepStep'))
          return copied(series, name, { values: series.values.map(() => line) })
        const whole = func === 'count' ? String(line) : floatText(line)
        const text = Number.isNaN(line) ? 'None' : whole
        return { ...constantLine(line, call, text), name, pathExpression: name }
      })
    },
  },
  {
    names: ['identity'],
    group: 'Calculate',
    description: 'Draws the time itself, in seconds, each minute.',
    params: [nameParam],
    run: (given, call) => {
      const name = given.text('name')
      const series = generated(name, 60, call, (timeS) => timeS)
      return [{ ...series, pathExpression: `identity("${name}")` }]
    },
  },
  {
    names: ['time', 'timeFunction'],
    group: 'Transform',
    description: 'Draws the time itself, in seconds, at each step.',
    params: [nameParam, stepParam],
    run: (given, call) => [
      generated(given.text('name'), given.number('step'), call, (timeS) => timeS),
    ],
  },
  {
    names: ['sin', 'sinFunction'],
    group: 'Transform',
    description: 'Draws the sine of the time.',
    params: [nameParam, { name: 'amplitude', type: 'integer', default: 1 }, stepParam],
    run: (given, call) => {
      const amplitude = given.number('amplitude')
      const make = (timeS: number) => Math.sin(timeS) * amplitude
      return [generated(given.text('name'), given.number('step'), call, make)]
    },
  },
  {
    names: ['randomWalk', 'randomWalkFunction'],
    group: 'Special',
    description: 'Draws a random walk that begins at 0.',
    params: [nameParam, stepParam],
    run: (given, call) => {
      let next = 0
      const make = () => {
        const current = next
        next += call.random() - 0.5
        return current
      }
      return [generated(given.text('name'), given.number('step'), call, make)]
    },
  },
  {
    names: ['events'],
    group: 'Special',
    description:
      'Counts the events of each second that have all these tags, or all events for "*".',
    params: [{ name: 'tags', type: 'string', required: true, multiple: true }],
    run: async (given, call) => {
      const tags = given.all('tags') as readonly string[]
      const times = await call.events(tags.length === 1 && tags[0] === '*' ? [] : tags)
      const name = `events("${tags.join('", "')}")`
      const series = generated(name, 1, call, () => NaN)
      for (const time of times) {
        const place = Math.trunc(time) - series.start
        const before = series.values[place]
        if (before !== undefined) series.values[place] = before === before ? before + 1 : 1
      }
      return [{ ...series, consolidation: 'sum' }]
    },
  },
]
