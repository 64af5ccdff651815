/** Functions that change what series are called. */
import { aggregationNames, aggregationOf, last, max, min } from '../aggregate.ts'
import { expressionOf, replacementOf } from '../expression.ts'
import { fixedText, floatText } from '../number_text.ts'
import { percentFormat } from '../percent_format.ts'
import type { Series } from '../series.ts'
import { prefixed } from '../units.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { keyOf } from './keys.ts'

const string = (name: string): Param => ({ name, type: 'string', required: true })

function byNodes(name: string, param: string, description: string): RenderFunction {
  return {
    names: [name],
    group: 'Alias',
    description,
    params: [seriesParam, { name: param, type: 'nodeOrTag', required: true, multiple: true }],
    run: (given) => {
      const keys = given.keys(param)
      return given.series().map((series) => ({ ...series, name: keyOf(series, keys) }))
    },
  }
}

function inCase(
  name: string,
  description: string,
  change: (text: string) => string,
): RenderFunction {
  return {
    names: [name],
    group: 'Alias',
    description,
    params: [seriesParam, { name: 'pos', type: 'integer', multiple: true }],
    run: (given) => {
      const places = given.keys('pos') as readonly number[]
      return given.series().map((series) => {
        if (places.length === 0) return { ...series, name: change(series.name) }
        const letters = Array.from(series.name)
        for (const place of places) {
          const at = place < 0 ? letters.length + place : place
          if (letters[at] !== undefined) letters[at] = change(letters[at])
        }
        return { ...series, name: letters.join('') }
      })
    },
  }
}

export const namingFunctions: readonly RenderFunction[] = [
  {
    names: ['alias'],
    group: 'Alias',
    description: 'Names series.',
    params: [seriesParam, string('newName')],
    run: (given) => given.series().map((series) => ({ ...series, name: given.text('newName') })),
  },
  byNodes('aliasByNode', 'nodes', 'Names series by nodes of their names and by tags.'),
  byNodes('aliasByTags', 'tags', 'Names series by tags and by nodes of their names.'),
  {
    names: ['aliasByMetric'],
    group: 'Alias',
    description: 'Names series by the last node of their names.',
    params: [seriesParam],
    run: (given) => given.series().map((series) => ({ ...series, name: part(series.name, -1, 0) })),
  },
  {
    names: ['substr'],
    group: 'Special',
    description: 'Names series by some nodes of their names.',
    params: [
      seriesParam,
      { name: 'start', type: 'node', default: 0 },
      { name: 'stop', type: 'node', default: 0 },
    ],
    run: (given) =>
      given.series().map((series) => ({
        ...series,
        name: part(series.name, given.number('start'), given.number('stop')),
      })),
  },
  {
    names: ['aliasSub'],
    group: 'Alias',
    description: 'Replaces what fits an expression in the names of series.',
    params: [seriesParam, string('search'), string('replace')],
    run: (given, call) => {
      const search = expressionOf(given.text('search'))
      const replace = replacementOf(given.text('replace'), given.text('search'))
      return given.series().map((series) => {
        const name = search.replaced(series.name, replace)
        call.reserve(name.length >> 3)
        return { ...series, name }
      })
    },
  },
  {
    names: ['aliasQuery'],
    group: 'Alias',
    description:
      'Names each series by the last value of another, which an expression makes of its name.',
    params: [seriesParam, string('search'), string('replace'), string('newName')],
    run: async (given, call) => {
      const search = expressionOf(given.text('search'))
      const replace = replacementOf(given.text('replace'), given.text('search'))
      const result: Series[] = []
      for (const series of given.series()) {
        const target = search.replaced(series.name, replace)
        const [found] = await call.target(target)
        if (found === undefined) return call.fail(`there is no series ${target}`)
        const value = last(found.values)
        if (Number.isNaN(value)) return call.fail(`${target} has no value`)
        result.push({ ...series, name: percentFormat(given.text('newName'), value) })
      }
      return result
    },
  },
  {
    names: ['legendValue'],
    group: 'Alias',
    description:
      'Adds aggregates of the values to the names, in units of a system if that is given last.',
    params: [
      seriesParam,
      {
        name: 'valuesTypes',
        type: 'string',
        multiple: true,
        options: [
          ...aggregationNames,
          ...aggregationNames.map((name) => `${name}Series`),
          'si',
          'binary',
        ],
        isLenient: true,
      },
    ],
    run: (given) => {
      const types = given.all('valuesTypes') as readonly string[]
      const system = types.at(-1) === 'si' || types.at(-1) === 'binary' ? types.at(-1) : undefined
      const shown = system === undefined ? types : types.slice(0, -1)
      return given.series().map((series) => ({
        ...series,
        name: shown.reduce((name, type) => withValue(name, type, series, system), series.name),
      }))
    },
  },
  inCase('lower', 'Makes names small letters, or some of their letters.', (text) =>
    text.toLowerCase(),
  ),
  inCase('upper', 'Makes names capital letters, or some of their letters.', (text) =>
    text.toUpperCase(),
  ),
  {
    names: ['cactiStyle'],
    group: 'Special',
    description: 'Adds the last, greatest and least value to the names, in columns.',
    params: [
      seriesParam,
      { name: 'system', type: 'string', options: ['si', 'binary'] },
      { name: 'units', type: 'string' },
    ],
    run: (given, call) =>
      cactiStyle(given.series(), given.optionalText('system'), given.optionalText('units'), call),
  },
]

/** Nodes of the innermost path of a name, from `start` to before `stop`, 0 being the end. */
function part(name: string, start: number, stop: number): string {
  const end = name.indexOf(')')
  const path = name.slice(name.lastIndexOf('(') + 1, end < 0 ? undefined : end)
  const nodes = path.split('.').slice(start, stop === 0 ? undefined : stop)
  return nodes.join('.').replace(/,.*$/, '')
}

function withValue(name: string, type: string, series: Series, system: string | undefined): string {
  const value = aggregationOf(type)?.(series.values)
  if (system === undefined) return `${name} (${type}: ${valueText(type, value)})`
  const text =
    value === undefined ? '(?)' : Number.isNaN(value) ? 'None' : inUnits(value, system, '')
  return `${name.padEnd(20)}${type.padEnd(5)}${text.padEnd(10)}`
}

function valueText(type: string, value: number | undefined): string {
  if (value === undefined) return '(?)'
  if (Number.isNaN(value)) return 'None'
  return type === 'count' ? String(value) : floatText(value)
}

function inUnits(value: number, system: string, units: string): string {
  const { scaled, prefix } = prefixed(value, system === 'binary' ? 'binary' : 'si')
  return `${fixedText(scaled, 2)}${units === '' ? '' : ' '}${prefix}${units}`
}

function cactiStyle(
  list: readonly Series[],
  system: string | undefined,
  units = '',
  call: Call,
): readonly Series[] {
  const format = (value: number) => {
    if (system) return inUnits(value, system, units)
    return `${fixedText(value, 2)}${units === '' ? '' : ` ${units}`}`
  }
  const longest = (texts: readonly string[]) =>
    texts.reduce((most, { length }) => Math.max(most, length), 0)
  const nameLength = longest(list.map(({ name }) => name))
  call.reserve((list.length * nameLength) >> 3)
  const columns = [last, max, min].map((aggregation) => {
    const values = list.map(({ values: all }) => aggregation(all))
    // The column is as wide as the whole numbers are; 3 stands for what is nothing.
    const width = longest(values.map((value) => format(value ? Math.trunc(value) + 0 : 3))) + 3
    return values.map((value) => (Number.isNaN(value) ? 'nan' : format(value)).padEnd(width))
  })
  return list.map((series, i) => {
    const [current, most, least] = columns.map((column) => column[i]!)
    return {
      ...series,
      name: `${series.name.padEnd(nameLength)} Current:${current} Max:${most} Min:${least} `,
    }
  })
}
