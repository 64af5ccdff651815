import { aggregated, aggregationOf } from '../aggregate.ts'
import { madeSeries, type Series, type SeriesList } from '../series.ts'
import { isNumeric, scalarText, type Arguments } from './arguments.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import { grouped, keyOf } from './keys.ts'
import { normalized, pairwise, pathsOf, quotient, totalOf } from './normalized.ts'

const percent = (part: number, total: number) => quotient(part, total) * 100

/** `asPercent`: of the sum of all, of a number, of one series, of one each, or of the totals of groups. */
export const asPercent: RenderFunction = {
  names: ['asPercent', 'pct'],
  group: 'Combine',
  description:
    'Shows series as percentages of their sum, of a number, of other series, or of the totals of their groups.',
  params: [
    seriesParam,
    { name: 'total', type: 'any' },
    { name: 'nodes', type: 'nodeOrTag', multiple: true },
  ],
  isAggregator: true,
  run: (given, call) => {
    const list = given.series()
    if (list.length === 0) return []
    const totals = Array.isArray(given.value('total')) ? given.series('total') : undefined
    if (given.has('nodes')) return byGroups(list, totals, given, call)
    if (totals !== undefined) return ofSeries(list, totals, call)
    return given.has('total') ? ofNumber(list, given, call) : ofSum(list, call)
  },
}

function ofSum(list: SeriesList, call: Call): SeriesList {
  const { columns, series, step } = normalized([list])!
  const total = aggregated(columns, aggregationOf('sum')!, 0)
  const text = `sumSeries(${pathsOf(series)})`
  return list.map((one, i) =>
    made(one, text, step, columns[i]!, (place) => total[place] ?? NaN, call),
  )
}

function ofNumber(list: SeriesList, given: Arguments, call: Call): SeriesList {
  const { columns, step } = normalized([list])!
  const total = given.value('total')
  const number = isNumeric(total) ? total.number : NaN
  const text = isNumeric(total) ? scalarText(total) : ''
  return list.map((one, i) => made(one, text, step, columns[i]!, () => number, call))
}

function made(
  series: Series,
  text: string,
  step: number,
  column: Float64Array,
  total: (place: number) => number,
  call: Call,
): Series {
  const { start, end } = series
  const name = `asPercent(${series.name},${text})`
  const values = column.map((value, place) => percent(value, total(place)))
  return madeSeries({ name, start, end, step, values, xFilesFactor: call.xFilesFactor })
}

function ofSeries(list: SeriesList, totals: SeriesList, call: Call): SeriesList {
  if (totals.length === list.length) {
    const wholes = totals.toSorted(byName)
    return list.toSorted(byName).map((part, i) => ofOne(part, wholes[i]!, call))
  }
  if (totals.length !== 1) {
    const reason = `the total has to be left out, a number, one series, or as many as there are: ${list.length}, not ${totals.length}`
    return call.fail(reason)
  }
  const { columns, step } = normalized([list, totals])!
  const total = columns.at(-1)!
  const text = totals[0]!.name
  return list.map((one, i) =>
    made(one, text, step, columns[i]!, (place) => total[place] ?? NaN, call),
  )
}

function byName(a: Series, b: Series): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function ofOne(part: Series, total: Series, call: Call): Series {
  return pairwise(`asPercent(${part.name},${total.name})`, [part, total], call, percent)
}

function byGroups(
  list: SeriesList,
  totals: SeriesList | undefined,
  given: Arguments,
  call: Call,
): SeriesList {
  if (totals === undefined && given.has('total'))
    call.fail('with nodes the total has to be None or series')
  const keys = given.keys('nodes')
  const key = (series: Series) => keyOf(series, keys)
  const parts = grouped(list, key)
  const wholes = totals === undefined ? parts : grouped(totals, key)
  return [...new Set([...parts.keys(), ...wholes.keys()])].flatMap((group) => {
    const whole = wholes.get(group)
    const total = whole && totalOf(whole, call)
    const own = parts.get(group)
    if (own === undefined) return [empty(`asPercent(MISSING,${total!.name})`, total!)]
    return own.map((part) =>
      total === undefined
        ? empty(`asPercent(${part.name},MISSING)`, part)
        : ofOne(part, total, call),
    )
  })
}

function empty(name: string, { start, end, step, values, xFilesFactor }: Series): Series {
  return madeSeries({ name, start, end, step, xFilesFactor, values: values.map(() => NaN) })
}
