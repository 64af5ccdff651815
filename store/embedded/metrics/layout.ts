/** Where the files of metric points are, below `<data_dir>/store`. docs/formats/points.md §1. */
export const pointManifestPath = (folder: string) => `${folder}/metrics.sqlite`
export const pointsFolder = (folder: string) => `${folder}/points`

/** Files of one period: a day of points as they came and of fine roll-ups, a month of coarse ones. */
type Unit = 'day' | 'month'
const coarseMs = 600_000

const unitOf = (stepMs: number): Unit => (stepMs < coarseMs ? 'day' : 'month')
/** How the period of a time is spelt, such as `2026-11-21`, in DuckDB's format. */
export const periodFormat = (stepMs: number): string =>
  ({ day: '%Y-%m-%d', month: '%Y-%m' })[unitOf(stepMs)]

/** From when to before when a period is, in milliseconds since the epoch. */
export function periodBounds(stepMs: number, period: string): { fromMs: number; toMs: number } {
  const unit = unitOf(stepMs)
  const fromMs = Date.parse(period + { day: 'T00:00:00Z', month: '-01T00:00:00Z' }[unit])
  if (unit === 'day') return { fromMs, toMs: fromMs + 86_400_000 }
  const next = new Date(fromMs)
  next.setUTCMonth(next.getUTCMonth() + 1)
  return { fromMs, toMs: next.getTime() }
}

/**
 * Below `points/`: `fresh/0000000042.parquet`, `raw/2026-11-21/0000000043.parquet`,
 * `60s/2026-11-21/0000000044.parquet`.
 */
export function pointFile(id: number, stepMs: number, period: string | undefined): string {
  const name = `${String(id).padStart(10, '0')}.parquet`
  if (period === undefined) return `fresh/${name}`
  return `${stepMs === 0 ? 'raw' : `${stepMs / 1000}s`}/${period}/${name}`
}
