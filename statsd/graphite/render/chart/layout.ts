import type { Layer } from './layers.ts'
import type { ChartOptions } from './options.ts'

/** Pixels from the left and the top. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface LegendEntry {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly color: string
}

const padding = 12
/** Above this the names would leave no room; graphite-web hides them too. */
const maxNames = 10
const swatch = 18

/** Letters are about so wide for their size. */
export function widthOf(text: string, fontSize: number): number {
  return text.length * fontSize * 0.56
}

/** Where the values are drawn, given the widths of the labels of the axes. */
export function plotBox(
  options: ChartOptions,
  labels: { readonly left: number; readonly right: number },
  legendHeight: number,
): Box {
  const { width, height, fontSize, hideAxes, title, vtitle } = options
  const left = padding + (hideAxes ? 0 : labels.left + 6) + (vtitle === '' ? 0 : fontSize + 6)
  // The label of the last time reaches beyond the edge.
  const beyond = Math.max(labels.right === 0 ? 0 : labels.right + 6, fontSize)
  const right = width - padding - (hideAxes ? 0 : beyond)
  const top = padding + (title === '' ? 0 : fontSize * 1.3 + 10)
  const bottom = height - padding - legendHeight - (hideAxes ? 0 : fontSize + 8)
  return { left, top, right: Math.max(right, left + 1), bottom: Math.max(bottom, top + 1) }
}

/** The names in rows at the bottom. */
export function legendOf(
  layers: readonly Layer[],
  { width, height, fontSize, hideLegend }: ChartOptions,
): { readonly height: number; readonly entries: readonly LegendEntry[] } {
  const isHidden = hideLegend ?? layers.length > maxNames
  if (isHidden || layers.length === 0) return { height: 0, entries: [] }
  const line = fontSize * 1.6
  const space = width - 2 * padding
  const longest = Math.max(1, Math.floor((space - swatch) / (fontSize * 0.56)))
  const placed: { x: number; row: number; text: string; color: string }[] = []
  let x = 0
  let row = 0
  for (const { name, color, isLine, isVertical } of layers) {
    if (!isLine && !isVertical) continue
    const text = name.length > longest ? `${name.slice(0, longest - 1)}…` : name
    const size = swatch + widthOf(text, fontSize) + 16
    if (x > 0 && x + size > space) {
      x = 0
      row++
    }
    placed.push({ x: padding + x, row, text, color })
    x += size
  }
  const total = (row + 1) * line + 4
  const top = height - padding - total + line
  const entries = placed.map(({ row: at, ...entry }) => ({ ...entry, y: top + at * line }))
  return { height: total, entries }
}
