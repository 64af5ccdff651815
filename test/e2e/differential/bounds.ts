import type { JsonRecord } from '../../../store/search.ts'
import { ask, type Case } from './case.ts'

/** A metric inside keeps OpenSearch from counting by ranges of the index, where it rounds otherwise. */
const inside = { s: { sum: { field: 'bytes' } } }
const small = (x: JsonRecord): Case =>
  ask('small', { size: 0, aggs: { x: { ...x, aggs: inside } } })

const intervals: readonly JsonRecord[] = [
  ...['day', 'week', 'month', 'quarter'].map((unit) => ({ calendar_interval: unit })),
  ...['12h', '1d', '7d', '30d'].map((length) => ({ fixed_interval: length })),
]
const offsets = [undefined, '2h', '-6h', '25h']
const between = { min: '2026-10-21T09:00:00Z', max: '2026-10-28T11:00:00Z' }
const dateBounds: readonly JsonRecord[] = [
  { hard_bounds: between },
  { hard_bounds: { min: between.min }, min_doc_count: 1 },
  { hard_bounds: { max: between.max }, min_doc_count: 1 },
  { extended_bounds: { min: '2026-09-20', max: '2026-11-20' } },
  { hard_bounds: between, extended_bounds: between },
]
const dates = intervals.flatMap((interval) =>
  ['UTC', 'Europe/Berlin'].flatMap((time_zone) =>
    offsets.flatMap((offset) =>
      dateBounds.map((bounds) =>
        small({
          date_histogram: {
            field: 'time',
            time_zone,
            ...interval,
            ...(offset && { offset }),
            ...bounds,
          },
        }),
      ),
    ),
  ),
)

const numberBounds: readonly JsonRecord[] = [
  { hard_bounds: { min: 1_000, max: 3_000 } },
  { hard_bounds: { min: 1_000 } },
  { hard_bounds: { max: 3_000 } },
  { extended_bounds: { min: -700, max: 9_000 } },
]
const numbers = [0, 200, -150].flatMap((offset) =>
  numberBounds.map((bounds) =>
    small({ histogram: { field: 'bytes', interval: 500, offset, ...bounds } }),
  ),
)

const wider = { min: '2026-10-01', max: '2026-12-01' }
const refused = [
  small({
    date_histogram: {
      field: 'time',
      calendar_interval: 'day',
      hard_bounds: between,
      extended_bounds: wider,
    },
  }),
  small({
    histogram: {
      field: 'bytes',
      interval: 500,
      hard_bounds: { min: 0, max: 5 },
      extended_bounds: { min: 0, max: 6 },
    },
  }),
]

export const boundsCases: Readonly<Record<string, readonly Case[]>> = {
  'bounds of histograms': [...dates, ...numbers, ...refused],
}
