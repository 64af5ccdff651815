/** Functions that change each value by itself. */
import { generalText, integerText, floatText, rounded } from '../number_text.ts'
import { copied, tagged, wrapped, type Series } from '../series.ts'
import type { Arguments } from './arguments.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'

/** How one value of a series becomes another; null (NaN) stays null by itself in arithmetic. */
type Change = (value: number) => number

interface Elementwise {
  readonly name: string
  readonly description: string
  readonly params?: readonly Param[]
  /** What follows the series in the name of the result. */
  readonly shown?: (given: Arguments) => string
  /** The value of the tag that is named as the function is. */
  readonly tag?: (given: Arguments) => string
  readonly change: (given: Arguments, series: Series) => Change
}

function elementwise(one: Elementwise): RenderFunction {
  return {
    names: [one.name],
    group: 'Transform',
    description: one.description,
    params: [seriesParam, ...(one.params ?? [])],
    run: (given) =>
      given.series().map((series) =>
        wrapped(series, `${one.name}(${series.name}${one.shown?.(given) ?? ''})`, {
          tags: one.tag ? tagged(series, { [one.name]: one.tag(given) }) : series.tags,
          values: series.values.map(one.change(given, series)),
        }),
      ),
  }
}

const float = (name: string): Param => ({ name, type: 'float', required: true })

/** Python's `math.pow`, which has no answer where the result is not finite. */
export function power(base: number, exponent: number): number {
  if (Number.isNaN(base) || Number.isNaN(exponent)) return NaN
  const result = base === 1 ? 1 : base ** exponent
  const isOverflow = !Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)
  return isOverflow ? NaN : result
}

export const elementwiseFunctions: readonly RenderFunction[] = [
  elementwise({
    name: 'absolute',
    description: 'Takes the sign off each value.',
    tag: () => '1',
    change: () => Math.abs,
  }),
  elementwise({
    name: 'add',
    description: 'Adds a constant to each value.',
    params: [float('constant')],
    shown: (given) => `,${integerText(given.number('constant'))}`,
    tag: (given) => given.written('constant'),
    change: (given) => plus(given.number('constant')),
  }),
  elementwise({
    name: 'exp',
    description: 'Raises e to the power of each value.',
    tag: () => 'e',
    change: () => Math.exp,
  }),
  elementwise({
    name: 'invert',
    description: 'Divides one by each value; zero becomes null.',
    tag: () => '1',
    change: () => (value) => power(value, -1),
  }),
  elementwise({
    name: 'isNonNull',
    description: 'Makes each value that is there 1 and each null 0, to count series that report.',
    tag: () => '1',
    change: () => (value) => (value === value ? 1 : 0),
  }),
  elementwise({
    name: 'logit',
    description: 'Takes the logit of each value: log(x / (1 - x)); null outside of 0 to 1.',
    tag: () => 'logit',
    change: () => (value) => (value > 0 && value < 1 ? Math.log(value / (1 - value)) : NaN),
  }),
  elementwise({
    name: 'offset',
    description: 'Adds a constant to each value.',
    params: [float('factor')],
    shown: (given) => `,${generalText(given.number('factor'))}`,
    tag: (given) => given.written('factor'),
    change: (given) => plus(given.number('factor')),
  }),
  elementwise({
    name: 'pow',
    description: 'Raises each value to a power.',
    params: [float('factor')],
    shown: (given) => `,${generalText(given.number('factor'))}`,
    tag: (given) => given.written('factor'),
    change: (given) => {
      const exponent = given.number('factor')
      return (value) => power(value, exponent)
    },
  }),
  elementwise({
    name: 'round',
    description:
      'Rounds each value to so many digits; negative ones round to tens, hundreds and so on.',
    params: [{ name: 'precision', type: 'integer', default: 0 }],
    shown: (given) =>
      given.isGiven('precision') ? `,${generalText(given.number('precision'))}` : '',
    tag: (given) => given.written('precision'),
    change: (given) => {
      const digits = given.number('precision')
      return (value) => rounded(value, digits)
    },
  }),
  elementwise({
    name: 'scale',
    description: 'Multiplies each value by a factor.',
    params: [float('factor')],
    shown: (given) => `,${generalText(given.number('factor'))}`,
    tag: (given) => given.written('factor'),
    change: (given) => {
      const factor = given.number('factor')
      return (value) => value * factor
    },
  }),
  elementwise({
    name: 'scaleToSeconds',
    description: 'Makes values of a step values of so many seconds.',
    params: [float('seconds')],
    shown: (given) => `,${integerText(given.number('seconds'))}`,
    tag: (given) => given.written('seconds'),
    change: (given, { step }) => {
      const factor = given.number('seconds') / step
      return (value) => rounded(value * factor, 6)
    },
  }),
  elementwise({
    name: 'sigmoid',
    description: 'Takes the sigmoid of each value: 1 / (1 + exp(-x)).',
    tag: () => 'sigmoid',
    change: () => (value) => 1 / (1 + Math.exp(-value)),
  }),
  elementwise({
    name: 'squareRoot',
    description: 'Takes the square root of each value; null where it is negative.',
    tag: () => '1',
    change: () => (value) => power(value, 0.5),
  }),
  {
    names: ['log'],
    group: 'Transform',
    description: 'Takes the logarithm of each value; null where it is not positive.',
    params: [seriesParam, { name: 'base', type: 'integer', default: 10, isLenient: true }],
    run: (given, call) => {
      const base = given.number('base')
      if (!(base > 0) || base === 1) return call.fail(`${floatText(base)} is no base of logarithms`)
      const scale = Math.log(base)
      const written = given.written('base')
      return given.series().map((series) =>
        copied(series, `log(${series.name}, ${written})`, {
          tags: tagged(series, { log: written }),
          values: series.values.map((value) => (value > 0 ? Math.log(value) / scale : NaN)),
        }),
      )
    },
  },
]

function plus(constant: number): Change {
  return (value) => value + constant
}
