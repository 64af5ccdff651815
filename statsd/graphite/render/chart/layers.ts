import type { Series } from '../series.ts'
import { colorOf, type ChartOptions } from './options.ts'

/** A series as it is drawn: where it lies, on what, and how. */
export interface Layer {
  readonly name: string
  readonly color: string
  /** Seconds since the epoch of each value is `start + i * step`. */
  readonly start: number
  readonly step: number
  /** What is drawn: with what it is stacked on. NaN is a gap. */
  readonly values: Float64Array
  /** The lower edge of its area: the layer below, or zero. Undefined: no area. */
  readonly floor: Float64Array | 'zero' | undefined
  readonly isLine: boolean
  readonly isVertical: boolean
  readonly isSecond: boolean
  readonly alpha: number
  readonly width: number
  readonly dash: number | undefined
}

/** What the series are drawn as, the lowest first. */
export function layersOf(series: readonly Series[], options: ChartOptions): readonly Layer[] {
  const stacks = new Map<number, Float64Array>()
  return series.map((one, index) => {
    const { options: own } = one
    const known = options.drawNullAsZero ? withoutNulls(one.values) : one.values
    const isStacked = options.areaMode === 'stacked' && own.drawAsInfinite === undefined
    const below = isStacked ? stacks.get(one.step) : undefined
    const values = below === undefined ? known : known.map((value, i) => value + (below[i] ?? 0))
    if (isStacked) stacks.set(one.step, withoutNulls(values, below))
    const isArea = isStacked || own.stacked === true || isAreaOf(options, index)
    const isSeen = own.invisible === undefined && own.drawAsInfinite === undefined
    // `areaBetween` makes an edge that is not seen and a series whose area ends there.
    const before = series[index - 1]
    const edge = own.stacked && before?.options.invisible ? before.values : undefined
    return {
      name: one.name,
      color: colorOf(one.color ?? '') ?? options.colors[index % options.colors.length]!,
      start: one.start,
      step: one.step,
      values,
      floor: isArea && isSeen ? (edge ?? below ?? 'zero') : undefined,
      isLine: isSeen,
      isVertical: own.drawAsInfinite === true,
      isSecond: own.secondYAxis === true,
      alpha: own.alpha ?? (isArea ? options.areaAlpha : 1),
      width: own.lineWidth ?? options.lineWidth,
      dash: own.dashed,
    }
  })
}

function isAreaOf({ areaMode }: ChartOptions, index: number): boolean {
  return areaMode === 'all' || (areaMode === 'first' && index === 0)
}

/** Nulls are what is below, or zero. */
function withoutNulls(values: Float64Array, below?: Float64Array): Float64Array {
  return values.map((value, i) => (value === value ? value : (below?.[i] ?? 0)))
}
