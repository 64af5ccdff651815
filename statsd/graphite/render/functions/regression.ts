import { parseTime } from '../attime.ts'
import { madeSeries, tagged, type SeriesList, type Series } from '../series.ts'
import type { Arguments } from './arguments.ts'
import type { Call } from './call.ts'

/** `linearRegression`: least squares over the values of each series, or of the same series over another window. */
export async function linearRegression(given: Arguments, call: Call): Promise<SeriesList> {
  const time = (name: string, otherwise: number) => {
    const text = given.optionalText(name)
    return text === undefined ? otherwise : parseTime(text, call.zone, call.nowS)
  }
  const fromS = time('startSourceAt', call.fromS)
  const untilS = time('endSourceAt', call.untilS)
  const sources = await call.again({ fromS, untilS })
  return given.series().flatMap((series, i) => {
    const source = sources[i]
    const line = source && lineThrough(source)
    if (line === undefined) return []
    const { start, end, step, xFilesFactor } = series
    return madeSeries({
      name: `linearRegression(${series.name}, ${fromS}, ${untilS})`,
      start,
      end,
      step,
      xFilesFactor,
      tags: tagged(series, { linearRegressions: `${fromS}, ${untilS}` }),
      values: series.values.map((_, place) => line.offset + (start + place * step) * line.factor),
    })
  })
}

/** Undefined when fewer than two values are known. */
function lineThrough({ values, step, start }: Series) {
  let known = 0
  let places = 0
  let total = 0
  let squares = 0
  let products = 0
  for (const [i, value] of values.entries()) {
    if (value !== value) continue
    known++
    places += i
    total += value
    squares += i * i
    products += i * value
  }
  const denominator = known * squares - places * places
  if (denominator === 0) return undefined
  const factor = (known * products - places * total) / denominator / step
  const offset = (squares * total - products * places) / denominator - factor * start
  return { factor, offset }
}
