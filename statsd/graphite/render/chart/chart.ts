import { consolidated } from '../consolidate.ts'
import type { Series } from '../series.ts'
import type { TimeZone } from '../time_zone.ts'
import { timeTicks, valueAxis, type Tick, type ValueAxis } from './axes.ts'
import { layersOf, type Layer } from './layers.ts'
import { legendOf, plotBox, widthOf, type Box } from './layout.ts'
import type { ChartOptions } from './options.ts'
import { areaPath, linePath, rounded, verticalPath, type Scales } from './paths.ts'

export interface ChartRequest {
  readonly fromS: number
  readonly untilS: number
  readonly zone: TimeZone
  readonly chart: ChartOptions
}

/** A line chart of the series as an SVG document. */
export function chartOf(series: readonly Series[], request: ChartRequest): string {
  const { chart: options, fromS, untilS, zone } = request
  const layers = layersOf(
    series.map((one) => thinned(one, options.width)),
    options,
  )
  const legend = legendOf(layers, options)
  const count = Math.max(2, Math.floor((options.height - legend.height) / (options.fontSize * 4.5)))
  const left = axisOf(
    layers.filter(({ isSecond }) => !isSecond),
    options,
    count,
  )
  const seconds = layers.filter(({ isSecond }) => isSecond)
  const right =
    seconds.length > 0
      ? axisOf(seconds, { ...options, yMin: undefined, yMax: undefined }, count)
      : undefined
  const labels = { left: labelWidth(left, options), right: right ? labelWidth(right, options) : 0 }
  const box = plotBox(options, labels, legend.height)
  const times = timeTicks(
    fromS,
    untilS,
    Math.floor((box.right - box.left) / (options.fontSize * 6.5)),
    zone,
  )
  const x = (timeS: number) =>
    box.left + ((timeS - fromS) / (untilS - fromS)) * (box.right - box.left)
  const scales = (axis: ValueAxis): Scales => ({ x, y: placeOn(axis, box) })
  const drawn = layers.map((layer) =>
    layerSvg(layer, scales(layer.isSecond && right ? right : left), box, options),
  )
  const { width, height, fgcolor, bgcolor, fontSize, title, vtitle } = options
  const middle = (box.left + box.right) / 2
  const parts = [
    `<rect width="${width}" height="${height}" fill="${bgcolor}"/>`,
    options.hideGrid ? '' : gridSvg(left, times, box, scales(left), options),
    `<clipPath id="plot"><rect x="${rounded(box.left)}" y="${rounded(box.top - 1)}" width="${rounded(box.right - box.left)}" height="${rounded(box.bottom - box.top + 2)}"/></clipPath>`,
    `<g clip-path="url(#plot)" fill="none" stroke-linejoin="round" stroke-linecap="round">${drawn.join('')}</g>`,
    options.hideAxes ? '' : axesSvg(left, right, times, box, x, fontSize),
    title === ''
      ? ''
      : textSvg(
          title,
          middle,
          12 + fontSize,
          `text-anchor="middle" font-size="${rounded(fontSize * 1.3)}" font-weight="600"`,
        ),
    vtitle === ''
      ? ''
      : textSvg(
          vtitle,
          0,
          0,
          `text-anchor="middle" transform="translate(${12 + fontSize} ${rounded((box.top + box.bottom) / 2)}) rotate(-90)"`,
        ),
    series.length === 0
      ? textSvg('No data', middle, (box.top + box.bottom) / 2, 'text-anchor="middle" opacity="0.6"')
      : '',
    ...legend.entries.map(({ x: at, y, text, color }) => {
      return `<rect x="${rounded(at)}" y="${rounded(y - fontSize * 0.75)}" width="12" height="${rounded(fontSize * 0.75)}" rx="2" fill="${color}"/>${textSvg(text, at + 18, y, '')}`
    }),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="${fontSize}" fill="${fgcolor}">${parts.filter((part) => part !== '').join('\n')}</svg>\n`
}

/** At most about one value for each pixel. */
function thinned(series: Series, width: number): Series {
  const points = Math.ceil(series.values.length / width)
  if (points <= 1) return series
  return { ...series, values: consolidated(series, points), step: series.step * points }
}

function axisOf(layers: readonly Layer[], options: ChartOptions, count: number): ValueAxis {
  let least = Infinity
  let most = -Infinity
  for (const { values, floor, isVertical } of layers) {
    if (isVertical) continue
    for (const value of values) {
      if (!Number.isFinite(value)) continue
      if (value < least) least = value
      if (value > most) most = value
    }
    if (floor === 'zero') {
      least = Math.min(least, 0)
      most = Math.max(most, 0)
    }
  }
  const range = least <= most ? ([least, most] as const) : ([0, 1] as const)
  return valueAxis(range, [options.yMin, options.yMax], count)
}

function labelWidth({ ticks }: ValueAxis, { fontSize }: ChartOptions): number {
  return ticks.reduce((most, { label }) => Math.max(most, widthOf(label, fontSize)), 0)
}

function placeOn({ least, most }: ValueAxis, { top, bottom }: Box) {
  return (value: number) => bottom - ((value - least) / (most - least)) * (bottom - top)
}

function layerSvg(layer: Layer, scales: Scales, box: Box, { lineMode }: ChartOptions): string {
  const { color, alpha, width, dash } = layer
  const area = areaPath(layer, lineMode, scales)
  const line = layer.isVertical
    ? verticalPath(layer, box.top, box.bottom, scales)
    : layer.isLine
      ? linePath(layer, lineMode, scales)
      : ''
  const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash}"`
  const faint = area === '' && alpha !== 1 ? ` stroke-opacity="${alpha}"` : ''
  return [
    area === '' ? '' : `<path d="${area}" fill="${color}" fill-opacity="${alpha}"/>`,
    line === ''
      ? ''
      : `<path d="${line}" stroke="${color}" stroke-width="${width}"${dashes}${faint}/>`,
  ].join('')
}

function gridSvg(
  axis: ValueAxis,
  times: readonly Tick[],
  box: Box,
  { x, y }: Scales,
  { fgcolor }: ChartOptions,
): string {
  const rows = axis.ticks.map(
    ({ value }) => `M${rounded(box.left)} ${rounded(y(value))}H${rounded(box.right)}`,
  )
  const columns = times.map(
    ({ value }) => `M${rounded(x(value))} ${rounded(box.top)}V${rounded(box.bottom)}`,
  )
  return `<path d="${[...rows, ...columns].join('')}" stroke="${fgcolor}" stroke-opacity="0.12" fill="none" shape-rendering="crispEdges"/>`
}

function axesSvg(
  left: ValueAxis,
  right: ValueAxis | undefined,
  times: readonly Tick[],
  box: Box,
  x: (timeS: number) => number,
  fontSize: number,
): string {
  const values = (axis: ValueAxis, at: number, anchor: string) => {
    const y = placeOn(axis, box)
    return axis.ticks.map(({ value, label }) =>
      textSvg(label, at, y(value) + fontSize * 0.35, `text-anchor="${anchor}"`),
    )
  }
  const texts = [
    ...values(left, box.left - 6, 'end'),
    ...(right === undefined ? [] : values(right, box.right + 6, 'start')),
    ...times.map(({ value, label }) =>
      textSvg(label, x(value), box.bottom + fontSize + 5, 'text-anchor="middle"'),
    ),
  ]
  return `<g opacity="0.75">${texts.join('')}</g>`
}

function textSvg(text: string, x: number, y: number, attributes: string): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}"${attributes === '' ? '' : ` ${attributes}`}>${escaped(text)}</text>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** Text of a document; what XML cannot hold is a question mark. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"]/g, (character) => entities[character]!)
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
}
