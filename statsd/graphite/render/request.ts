import { parseTime } from './attime.ts'
import { chartOptions, type ChartOptions } from './chart/options.ts'
import type { Question } from './evaluate.ts'
import { RenderError } from './render_error.ts'
import { timeZoneOf, type TimeZone } from './time_zone.ts'

export const renderFormats = [
  'csv',
  'dygraph',
  'json',
  'msgpack',
  'raw',
  'rickshaw',
  'svg',
] as const
export type RenderFormat = (typeof renderFormats)[number]

/** A request to `/render`. */
export interface RenderRequest extends Question {
  readonly format: RenderFormat
  /** At most about so many values of each series, in JSON. */
  readonly maxDataPoints?: number
  /** Leaves out nulls, and series without values, in JSON. */
  readonly noNullPoints: boolean
  readonly pretty: boolean
  /** The function that a script calls with the answer. */
  readonly jsonp?: string
  readonly chart: ChartOptions
}

/** What a request does not say. */
export interface RequestDefaults {
  readonly nowS: number
  readonly zone: TimeZone
}

/**
 * Reads the parameters of `/render`, of a query or a form, in their order. Without a format it is a picture, as in
 * graphite-web, but an SVG.
 *
 * @throws RenderError
 */
export function renderRequest(
  given: Iterable<readonly [name: string, value: string]>,
  defaults: RequestDefaults,
): RenderRequest {
  const pairs = [...given]
  const params = new Map(pairs)
  const zone = timeZoneOf(params.get('tz') ?? '') ?? defaults.zone
  const jsonp = callbackOf(params.get('jsonp'))
  const maxDataPoints = params.get('maxDataPoints')
  return {
    targets: targetsOf(pairs),
    ...timesOf(params, zone, defaults.nowS),
    zone,
    xFilesFactor: factorOf(params.get('xFilesFactor')),
    template: templateOf(pairs),
    format: formatOf(params),
    ...(/^\d+$/.test(maxDataPoints ?? '') && { maxDataPoints: Number(maxDataPoints) }),
    noNullPoints: params.has('noNullPoints'),
    pretty: Boolean(params.get('pretty')),
    ...(jsonp !== undefined && { jsonp }),
    chart: chartOptions(params),
  }
}

function targetsOf(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const named = (wanted: string) =>
    pairs.filter(([name]) => name === wanted).map(([, value]) => value)
  const targets = named('target')
  return targets.length > 0 ? targets : named('target[]')
}

function templateOf(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.flatMap(([name, value]) => {
      const key = /^template\[(.*)\]$/.exec(name)?.[1]
      return key === undefined ? [] : [[key, value] as const]
    }),
  )
}

function timesOf(params: ReadonlyMap<string, string>, zone: TimeZone, clockS: number) {
  const time = (name: string, otherwise: string, nowS: number) => {
    try {
      return parseTime(params.get(name) ?? otherwise, zone, nowS)
    } catch (thrown) {
      throw thrown instanceof RangeError ? new RenderError(`${name}: ${thrown.message}`) : thrown
    }
  }
  const nowS = time('now', 'now', clockS)
  const from = time('from', '-1d', nowS)
  const until = time('until', 'now', nowS)
  if (from === until) throw new RenderError('from and until are the same: the range is empty')
  return { fromS: Math.min(from, until), untilS: Math.max(from, until), nowS }
}

function factorOf(text: string | undefined): number {
  const factor = Number(text ?? 0)
  if (Number.isFinite(factor)) return factor
  throw new RenderError(`xFilesFactor: "${text}" is no number`)
}

const others: Readonly<Record<string, string>> = {
  png: 'pictures are drawn as svg: ask for format=svg',
  pdf: 'pictures are drawn as svg: ask for format=svg',
  pickle: 'pickle is not written: ask for format=msgpack or json',
}

function formatOf(params: ReadonlyMap<string, string>): RenderFormat {
  const graphType = params.get('graphType') ?? 'line'
  if (graphType !== 'line')
    throw new RenderError(`graphType ${graphType} is not drawn: there is line`)
  const unasked = params.has('rawData') ? 'raw' : params.has('pickle') ? 'pickle' : 'svg'
  const format = params.get('format') ?? unasked
  const known = renderFormats.find((one) => one === format)
  if (known !== undefined) return known
  const fix = Object.hasOwn(others, format)
    ? others[format]
    : `there are ${renderFormats.join(', ')}`
  throw new RenderError(`format ${format.slice(0, 50)}: ${fix}`)
}

/** A name, or names with dots between them: anything else would be a script of the caller's. */
function callbackOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[\w$]+(\.[\w$]+)*$/.test(text)) return text
  throw new RenderError('jsonp has to be the name of a function')
}
