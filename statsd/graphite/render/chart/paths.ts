import type { Layer } from './layers.ts'
import type { ChartOptions } from './options.ts'

/** Places on the picture. */
export interface Scales {
  x(timeS: number): number
  y(value: number): number
}

/** A run of values without gaps: places of the first and the one after the last. */
type Run = readonly [from: number, to: number]

/** SVG path data of the line of a layer. */
export function linePath(layer: Layer, mode: ChartOptions['lineMode'], scales: Scales): string {
  if (mode === 'connected') {
    const known = places(layer).filter((i) => Number.isFinite(layer.values[i]))
    return known.map((i, n) => `${n === 0 ? 'M' : 'L'}${point(layer, i, scales)}`).join('')
  }
  return runsOf(layer.values)
    .map(
      (run) =>
        `M${edge(layer, layer.values, run, mode, scales).join('L')}${run[1] - run[0] === 1 && mode === 'slope' ? 'h0' : ''}`,
    )
    .join('')
}

/** SVG path data of the area between a layer and its floor. */
export function areaPath(layer: Layer, mode: ChartOptions['lineMode'], scales: Scales): string {
  const floor = layer.floor === 'zero' ? new Float64Array(layer.values.length) : layer.floor
  if (floor === undefined) return ''
  return runsOf(layer.values.map((value, i) => value + (floor[i] ?? NaN)))
    .map((run) => {
      const top = edge(layer, layer.values, run, mode, scales)
      const bottom = edge(layer, floor, run, mode, scales).toReversed()
      return `M${[...top, ...bottom].join('L')}Z`
    })
    .join('')
}

/** SVG path data of a vertical line wherever the value is neither null nor zero. */
export function verticalPath(layer: Layer, top: number, bottom: number, { x }: Scales): string {
  return places(layer)
    .filter((i) => layer.values[i] && Number.isFinite(layer.values[i]))
    .map((i) => `M${rounded(x(layer.start + i * layer.step))} ${rounded(top)}V${rounded(bottom)}`)
    .join('')
}

export function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

function places({ values }: Layer): readonly number[] {
  return Array.from(values.keys())
}

function runsOf(values: Float64Array): readonly Run[] {
  const runs: Run[] = []
  let from = -1
  for (let i = 0; i <= values.length; i++) {
    const isKnown = i < values.length && Number.isFinite(values[i])
    if (isKnown && from < 0) from = i
    if (isKnown || from < 0) continue
    runs.push([from, i])
    from = -1
  }
  return runs
}

/** The points along the values of a run; in steps, each value up to the time of the next. */
function edge(
  layer: Layer,
  values: Float64Array,
  [from, to]: Run,
  mode: ChartOptions['lineMode'],
  scales: Scales,
): readonly string[] {
  const points: string[] = []
  for (let i = from; i < to; i++) {
    const y = rounded(scales.y(values[i]!))
    const x = scales.x(layer.start + i * layer.step)
    points.push(`${rounded(x)} ${y}`)
    if (mode === 'staircase')
      points.push(`${rounded(scales.x(layer.start + (i + 1) * layer.step))} ${y}`)
  }
  return points
}

function point({ start, step, values }: Layer, i: number, { x, y }: Scales): string {
  return `${rounded(x(start + i * step))} ${rounded(y(values[i]!))}`
}
