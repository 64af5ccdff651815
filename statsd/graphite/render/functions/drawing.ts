/** Functions that say how a chart draws series. */
import { generalText } from '../number_text.ts'
import { copied, tagged, type Series, type SeriesOptions } from '../series.ts'
import type { Arguments } from './arguments.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'

function option(
  name: string,
  description: string,
  params: readonly Param[],
  options: (given: Arguments) => SeriesOptions,
  change: (given: Arguments, series: Series) => Partial<Series> = () => ({}),
): RenderFunction {
  return {
    names: [name],
    group: 'Graph',
    description,
    params: [seriesParam, ...params],
    run: (given) =>
      given.series().map((series) => ({
        ...series,
        options: { ...series.options, ...options(given) },
        ...change(given, series),
      })),
  }
}

const float = (name: string): Param => ({ name, type: 'float', required: true })

/** Two series as the edges of an area, both called by `name`. */
export function areaBetween([lower, upper]: readonly [Series, Series], name: string, tag: string) {
  const tags = tagged(upper, { [tag]: '1' })
  return [
    { ...lower, name, tags, options: { ...lower.options, stacked: true, invisible: true } },
    { ...upper, name, tags, options: { ...upper.options, stacked: true } },
  ] as const
}

export const drawingFunctions: readonly RenderFunction[] = [
  option('alpha', 'Draws series translucent, from 0 to 1.', [float('alpha')], (given) => ({
    alpha: given.number('alpha'),
  })),
  {
    names: ['color'],
    group: 'Graph',
    description: 'Draws series in a color, a name or RRGGBB.',
    params: [seriesParam, { name: 'theColor', type: 'string', required: true }],
    run: (given) => given.series().map((series) => ({ ...series, color: given.text('theColor') })),
  },
  option(
    'dashed',
    'Draws series dashed.',
    [{ name: 'dashLength', type: 'integer', default: 5, isLenient: true }],
    (given) => ({ dashed: given.number('dashLength') }),
    (given, series) => ({
      name: `dashed(${series.name}, ${generalText(given.number('dashLength'))})`,
      tags: tagged(series, { dashed: given.written('dashLength') }),
    }),
  ),
  option(
    'drawAsInfinite',
    'Draws a vertical line wherever the value is not 0.',
    [],
    () => ({ drawAsInfinite: true }),
    (_, series) => ({
      name: `drawAsInfinite(${series.name})`,
      tags: tagged(series, { drawAsInfinite: '1' }),
    }),
  ),
  option('lineWidth', 'Draws series with lines of a width.', [float('width')], (given) => ({
    lineWidth: given.number('width'),
  })),
  option(
    'secondYAxis',
    'Draws series by an axis on the right.',
    [],
    () => ({ secondYAxis: true }),
    (_, series) => ({
      name: `secondYAxis(${series.name})`,
      tags: tagged(series, { secondYAxis: '1' }),
    }),
  ),
  {
    names: ['areaBetween'],
    group: 'Graph',
    description: 'Draws the area between two series.',
    params: [seriesParam],
    run: (given, call) => {
      const [lower, upper, ...others] = given.series()
      if (lower === undefined || upper === undefined || others.length > 0) {
        return call.fail(`it takes exactly two series, not ${given.series().length}`)
      }
      const name = `areaBetween(${upper.pathExpression})`
      return areaBetween([lower, upper], name, 'areaBetween')
    },
  },
  {
    names: ['stacked'],
    group: 'Graph',
    description: 'Draws series on top of each other, those of the same stack together.',
    params: [seriesParam, { name: 'stack', type: 'string', alias: 'stackName' }],
    run: (given, call) => {
      const stack = given.optionalText('stack') ?? defaultStack
      const totals = call.stacks.get(stack) ?? []
      call.stacks.set(stack, totals)
      return given.series().map((series) => {
        const isDefault = stack === defaultStack
        const values = series.values.map((value, i) => {
          if (value === value) totals[i] = (totals[i] ?? 0) + value
          return value === value ? totals[i]! : NaN
        })
        const tags = isDefault ? tagged(series, { stacked: stack }) : series.tags
        const name = isDefault ? `stacked(${series.name})` : series.name
        return copied(series, name, { values, tags, options: { stacked: true } })
      })
    },
  },
]

const defaultStack = '__DEFAULT__'
