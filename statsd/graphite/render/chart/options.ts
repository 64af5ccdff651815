import { RenderError } from '../render_error.ts'

/** How a chart looks, by graphite-web's parameters. */
export interface ChartOptions {
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly title: string
  /** Of the left axis. */
  readonly vtitle: string
  readonly bgcolor: string
  readonly fgcolor: string
  readonly colors: readonly string[]
  readonly fontSize: number
  readonly lineMode: 'slope' | 'staircase' | 'connected'
  readonly lineWidth: number
  readonly areaMode: 'none' | 'first' | 'all' | 'stacked'
  /** 0 to 1. */
  readonly areaAlpha: number
  /** Undefined: when there are more than ten. */
  readonly hideLegend: boolean | undefined
  readonly hideGrid: boolean
  readonly hideAxes: boolean
  readonly drawNullAsZero: boolean
  readonly yMin: number | undefined
  readonly yMax: number | undefined
}

const palette = [
  '#2563eb',
  '#e07b00',
  '#16a34a',
  '#dc2626',
  '#7c3aed',
  '#0891b2',
  '#c026d3',
  '#65a30d',
  '#be123c',
  '#8a6d3b',
]

/** Pixels of an edge; more would be no picture that is looked at. */
const maxEdge = 8000

/** @throws RenderError naming the parameter. */
export function chartOptions(params: ReadonlyMap<string, string>): ChartOptions {
  const colors = (params.get('colorList') ?? '')
    .split(',')
    .flatMap((one) => colorOf(one.trim()) ?? [])
  const isBare = flag(params, 'graphOnly') === true
  return {
    width: edge(params, 'width', 600),
    height: edge(params, 'height', 300),
    title: params.get('title') ?? '',
    vtitle: params.get('vtitle') ?? '',
    bgcolor: colorOf(params.get('bgcolor') ?? '') ?? '#ffffff',
    fgcolor: colorOf(params.get('fgcolor') ?? '') ?? '#1f2937',
    colors: colors.length > 0 ? colors : palette,
    fontSize: Math.min(Math.max(number(params, 'fontSize') ?? 11, 4), 72),
    lineMode: choice(params, 'lineMode', ['slope', 'staircase', 'connected']),
    lineWidth: Math.min(Math.max(number(params, 'lineWidth') ?? 1.5, 0), 50),
    areaMode: choice(params, 'areaMode', ['none', 'first', 'all', 'stacked']),
    areaAlpha: Math.min(Math.max(number(params, 'areaAlpha') ?? 0.35, 0), 1),
    hideLegend: isBare || flag(params, 'hideLegend'),
    hideGrid: isBare || flag(params, 'hideGrid') === true,
    hideAxes: isBare || flag(params, 'hideAxes') === true,
    drawNullAsZero: flag(params, 'drawNullAsZero') === true,
    yMin: number(params, 'yMin') ?? number(params, 'min'),
    yMax: number(params, 'yMax') ?? number(params, 'max'),
  }
}

/** `RRGGBB`, `RRGGBBAA` with or without `#`, or the name of a color; undefined for anything else. */
export function colorOf(text: string): string | undefined {
  const digits = /^#?([0-9a-f]{6}|[0-9a-f]{8}|[0-9a-f]{3})$/i.exec(text)?.[1]
  if (digits !== undefined) return `#${digits}`
  return /^[a-z]{3,20}$/i.test(text) ? text.toLowerCase() : undefined
}

function given(params: ReadonlyMap<string, string>, name: string): string | undefined {
  const text = params.get(name)
  return text === '' || text?.toLowerCase() === 'default' ? undefined : text
}

function number(params: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = given(params, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw new RenderError(`${name}: "${text.slice(0, 50)}" is no number`)
}

function edge(params: ReadonlyMap<string, string>, name: string, otherwise: number): number {
  const value = number(params, name) ?? otherwise
  if (value >= 1 && value <= maxEdge) return Math.round(value)
  throw new RenderError(`${name} has to be 1 to ${maxEdge} pixels`)
}

function flag(params: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const text = given(params, name)
  return text === undefined ? undefined : /^(true|1)$/i.test(text)
}

function choice<T extends string>(
  params: ReadonlyMap<string, string>,
  name: string,
  choices: readonly [T, ...T[]],
): T {
  const text = given(params, name) ?? choices[0]
  const found = choices.find((one) => one === text)
  if (found !== undefined) return found
  throw new RenderError(`${name}: there are ${choices.join(', ')}`)
}
