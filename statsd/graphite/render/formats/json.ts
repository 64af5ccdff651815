import { fitted, type Shown } from '../consolidate.ts'
import type { RenderRequest } from '../request.ts'
import type { Series } from '../series.ts'

type JsonRequest = Pick<RenderRequest, 'maxDataPoints' | 'noNullPoints' | 'pretty'>

/** graphite-web's JSON: `[{"target", "tags", "datapoints": [[value, time], …]}, …]`; infinity is `1e9999`. */
export function jsonOf(series: readonly Series[], request: JsonRequest): string {
  const { maxDataPoints, noNullPoints, pretty } = request
  // Where no series has a value, graphite-web shows none.
  if (series.every(({ values }) => values.length === 0)) return '[]'
  const shown = fitted(series, maxDataPoints).flatMap((one) => {
    const points = pointsOf(one, noNullPoints)
    return noNullPoints && points.length === 0 ? [] : [described(one, points)]
  })
  const text = `[${shown.join(',')}]`
  return pretty ? prettified(text) : text
}

type Point = readonly [value: number, timeS: number]

function described({ name, tags }: Shown, points: readonly Point[]): string {
  const tagText = JSON.stringify(Object.fromEntries(tags))
  return `{"target":${JSON.stringify(name)},"tags":${tagText},"datapoints":${pointsJson(points)}}`
}

function pointsOf({ values, start, end, step }: Shown, noNullPoints: boolean): readonly Point[] {
  const length = Math.max(Math.min(values.length, Math.floor((end - start) / step) + 1), 0)
  const points = Array.from({ length }, (_, i) => [values[i]!, start + i * step] as const)
  return noNullPoints ? points.filter(([value]) => value === value) : points
}

/** What the runtime writes is several times as fast; it makes NaN null, but infinity too. */
function pointsJson(points: readonly Point[]): string {
  const isInfinite = points.some(([value]) => value === Infinity || value === -Infinity)
  if (!isInfinite) return JSON.stringify(points)
  return `[${points.map(([value, time]) => `[${numberJson(value)},${time}]`).join(',')}]`
}

/** Null for NaN. */
export function numberJson(value: number): string {
  if (value !== value) return 'null'
  if (value === Infinity) return '1e9999'
  return value === -Infinity ? '-1e9999' : String(value)
}

const mark = '\u0000infinity'

function prettified(text: string): string {
  const value: unknown = JSON.parse(text, (_, one: unknown) => {
    return typeof one === 'number' && !Number.isFinite(one) ? `${mark}${one}` : one
  })
  return JSON.stringify(value, undefined, 2).replaceAll(
    /"\\u0000infinity(-?)Infinity"/g,
    '$11e9999',
  )
}
