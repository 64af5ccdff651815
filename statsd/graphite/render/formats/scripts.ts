/** What the chart libraries Dygraphs and Rickshaw read. */
import type { Series } from '../series.ts'
import { numberJson } from './json.ts'

/** Rows of the times of the first series, in milliseconds, with a value of each. */
export function dygraphOf(series: readonly Series[]): string {
  const [first] = series
  if (first === undefined) return '{}'
  const labels = JSON.stringify(['Time', ...series.map(({ name }) => name)])
  const rows: string[] = []
  for (let i = 0, time = first.start; time < first.end; i++, time += first.step) {
    const values = series.map(({ values: all }) => dygraphNumber(all[i] ?? NaN))
    rows.push(`[${[`${time}000`, ...values].join(', ')}]`)
  }
  return `{"labels" : ${labels}, "data" : [${rows.join(', ')}]}`
}

/** A script, where infinity has a name. */
function dygraphNumber(value: number): string {
  return Number.isNaN(value) ? 'null' : String(value)
}

export function rickshawOf(series: readonly Series[]): string {
  const all = series.map(({ name, values, start, end, step }) => {
    const length = Math.min(values.length, Math.ceil((end - start) / step))
    const points = Array.from({ length }, (_, i) => {
      return `{"x": ${start + i * step}, "y": ${numberJson(values[i]!)}}`
    })
    return `{"target": ${JSON.stringify(name)}, "datapoints": [${points.join(', ')}]}`
  })
  return `[${all.join(', ')}]`
}
