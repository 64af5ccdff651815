import type { JsonRecord } from '../../../store/search.ts'
import { ask, type Case } from './case.ts'

const small = (aggs: JsonRecord): Case => ask('small', { size: 0, aggs })

const pairs: readonly JsonRecord[] = [
  { composite: { size: 4, sources: [{ l: { terms: { field: 'level' } } }] } },
  {
    composite: {
      size: 5,
      sources: [
        { l: { terms: { field: 'level', missing_bucket: true } } },
        { d: { date_histogram: { field: 'time', calendar_interval: 'week' } } },
      ],
    },
  },
  { multi_terms: { terms: [{ field: 'level' }, { field: 'ok' }], size: 3 } },
  { multi_terms: { terms: [{ field: 'level', missing: 'none' }, { field: 'ip' }], size: 3 } },
]
const insides: readonly JsonRecord[] = [
  { terms: { field: 'host', size: 2 }, aggs: { t: { terms: { field: 'ok' } } } },
  { multi_terms: { terms: [{ field: 'host' }, { field: 'ok' }], size: 2 } },
  { date_histogram: { field: 'time', calendar_interval: 'week', min_doc_count: 1 } },
  { auto_date_histogram: { field: 'time', buckets: 3 } },
  { histogram: { field: 'bytes', interval: 1_000, min_doc_count: 1 } },
  { range: { field: 'bytes', ranges: [{ to: 2_000 }, { from: 2_000 }] } },
  { top_hits: { size: 2, sort: [{ id: 'asc' }], _source: ['host'] } },
]

/** Pages of days that begin elsewhere than UTC's. */
const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', '+05:30'].flatMap((time_zone) =>
  ['asc', 'desc'].flatMap((order) => {
    const days = [
      '2026-10-19',
      '2026-10-20',
      '2026-10-24',
      '2026-10-25',
      '2026-10-26',
      '2026-10-31',
    ]
    const d = { field: 'time', calendar_interval: 'day', time_zone, order }
    return [
      ...days.map((day) => page({ ...d, format: 'yyyy-MM-dd' }, day)),
      page({ ...d, format: 'yyyy-MM-dd HH:mm' }, '2026-10-25 00:00'),
      page({ ...d, format: "yyyy-MM-dd'T'HH:mm:ssXXX" }, '2026-10-25T00:00:00+02:00'),
      page(d, Date.parse('2026-10-24T22:00:00Z')),
    ]
  }),
)

/** Berlin's clocks show 02:00 twice. */
const hours = ['2026-10-25 01:00', '2026-10-25 03:00'].map((hour) =>
  page(
    { field: 'time', fixed_interval: '1h', time_zone: 'Europe/Berlin', format: 'yyyy-MM-dd HH:mm' },
    hour,
  ),
)

/** Times that the page before ended at: `now` is none, and without a format they are numbers. */
const times = [
  { terms: { field: 'time' } },
  { date_histogram: { field: 'time', calendar_interval: 'day' } },
  { date_histogram: { field: 'time', calendar_interval: 'day', format: 'yyyy-MM-dd' } },
].flatMap((source) =>
  ['now', 'now-9d/d', '2026-10-25', '2026-10-25||-1d', '1792886400000', 'nonsense', true].map((d) =>
    small({ x: { composite: { size: 3, sources: [{ d: source }], after: { d } } } }),
  ),
)

function page(date_histogram: JsonRecord, day: string | number): Case {
  const sources = [{ d: { date_histogram } }, { o: { terms: { field: 'ok' } } }]
  return small({ x: { composite: { size: 3, sources, after: { d: day, o: false } } } })
}

const days = { field: 'time', calendar_interval: 'day', format: 'yyyy-MM' }
const months = { composite: { size: 3, sources: [{ d: { date_histogram: days } }] } }

export const compositeCases: Readonly<Record<string, readonly Case[]>> = {
  'aggregations inside keys of several parts': pairs.flatMap((pair) =>
    insides.map((inside) => small({ x: { ...pair, aggs: { inside } } })),
  ),
  'aggregations in pages of time zones': [
    ...zones,
    ...hours,
    ...times,
    ask('small', { size: 0, aggs: { x: months } }, 'afterKeys'),
  ],
}
