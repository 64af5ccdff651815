/** Functions that make one value of all those of an interval. */
import { aggregationOf } from '../aggregate.ts'
import { parseOffset, unitOf } from '../attime.ts'
import { copied, tagged, type Series, type SeriesList } from '../series.ts'
import { startOfUnit } from '../calendar.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'
import type { Param } from './parameter.ts'
import { summarizedValues } from './summarized_values.ts'

const intervalParam: Param = {
  name: 'intervalString',
  type: 'interval',
  required: true,
  suggestions: ['10min', '1h', '1d'],
}
const funcParam: Param = { name: 'func', type: 'aggFunc', default: 'sum' }
/** `weeks3` begins weeks on Wednesdays. The booleans are what an older parameter in its place was. */
const alignParam: Param = {
  name: 'alignTo',
  type: 'string',
  options: [null, 'years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds', true, false],
  isLenient: true,
}

export const bucketFunctions: readonly RenderFunction[] = [
  {
    names: ['summarize'],
    group: 'Transform',
    description:
      'Makes one value of all in each interval, by default their sum; intervals are multiples of their length, or begin at from.',
    params: [
      seriesParam,
      intervalParam,
      funcParam,
      { name: 'alignToFrom', type: 'boolean', default: false },
    ],
    run: (given, call) => {
      const interval = given.text('intervalString')
      const func = given.text('func')
      const seconds = secondsOf(interval, call)
      const isFromStart = given.flag('alignToFrom')
      const shown = `"${interval}", "${func}"${isFromStart ? ', true' : ''}`
      const tags = { summarize: interval, summarizeFunction: func }
      return given.series().map((series) => {
        const start = isFromStart ? series.start : series.start - (series.start % seconds)
        const end = isFromStart ? series.end : series.end - (series.end % seconds) + seconds
        const values = summarized(series, func, seconds, start, end, call)
        return copied(series, `summarize(${series.name}, ${shown})`, {
          tags: tagged(series, tags),
          start,
          end: isFromStart ? start + values.length * seconds : end,
          step: seconds,
          values,
        })
      })
    },
  },
  {
    names: ['smartSummarize'],
    group: 'Transform',
    description:
      'Makes one value of all in each interval, the first one beginning at from, or at the start of its hour, day, week, month or year.',
    params: [seriesParam, intervalParam, funcParam, alignParam],
    run: async (given, call) => {
      const interval = given.text('intervalString')
      const func = given.text('func')
      const seconds = secondsOf(interval, call)
      const lists = await aligned(given.optionalText('alignTo'), given.series(), call)
      const tags = { smartSummarize: interval, smartSummarizeFunction: func }
      return lists.map((series) => {
        const values = summarized(series, func, seconds, series.start, series.end, call)
        return copied(series, `smartSummarize(${series.name}, "${interval}", "${func}")`, {
          tags: tagged(series, tags),
          end: series.start + values.length * seconds,
          step: seconds,
          values,
        })
      })
    },
  },
  {
    names: ['hitcount'],
    group: 'Transform',
    description:
      'Estimates hits in each interval from values that are rates a second; intervals end at until, or are whole minutes, hours or days.',
    params: [
      seriesParam,
      intervalParam,
      { name: 'alignToInterval', type: 'boolean', default: false },
    ],
    run: async (given, call) => {
      const interval = given.text('intervalString')
      const seconds = secondsOf(interval, call)
      const isAligned = given.flag('alignToInterval')
      const list = isAligned ? await wholeIntervals(seconds, call) : given.series()
      return list.map((series) => {
        const buckets = Math.ceil((series.end - series.start) / seconds)
        call.reserve(buckets)
        const start = series.end - buckets * seconds
        return copied(
          series,
          `hitcount(${series.name}, "${interval}"${isAligned ? ', true' : ''})`,
          {
            tags: tagged(series, { hitcount: interval }),
            start,
            step: seconds,
            values: hits(series, start, buckets, seconds),
          },
        )
      })
    },
  },
]

function secondsOf(interval: string, call: Call): number {
  const seconds = parseOffset(interval)
  return seconds > 0
    ? seconds
    : call.fail(`"${interval}" is no interval: it has to be longer than 0`)
}

function summarized(
  series: Series,
  func: string,
  seconds: number,
  start: number,
  end: number,
  call: Call,
): Float64Array {
  const aggregation =
    aggregationOf(func) ?? call.fail(`${func} is no aggregation that it can be done by`)
  call.reserve(Math.max(Math.ceil((end - start) / seconds), 0))
  return summarizedValues(series, aggregation, seconds, start, end)
}

/** The series over a window that begins where the unit of time does. */
async function aligned(alignTo: string | undefined, list: SeriesList, call: Call) {
  if (alignTo === undefined || alignTo === 'True' || alignTo === 'False') return list
  const weekday = Number(/\d$/.exec(alignTo)?.[0] ?? 1)
  const fromS = startOfUnit(call.fromS, unitOf(alignTo), call.zone, weekday)
  return call.again({ fromS, untilS: call.untilS })
}

async function wholeIntervals(seconds: number, call: Call): Promise<SeriesList> {
  const unit = seconds >= 86_400 ? 'days' : seconds >= 3600 ? 'hours' : 'minutes'
  const fromS = seconds < 60 ? call.fromS : startOfUnit(call.fromS, unit, call.zone)
  const list = await call.again({ fromS, untilS: call.untilS })
  return list.map((series) => {
    const intervals = Math.floor((series.end - series.start) / seconds)
    return { ...series, end: series.start + (intervals + 1) * seconds }
  })
}

/** Value times seconds, spread over the buckets that each step touches. */
function hits(series: Series, start: number, buckets: number, seconds: number): Float64Array {
  const result = new Float64Array(buckets).fill(NaN)
  const add = (bucket: number, amount: number) => {
    if (bucket >= 0 && bucket < buckets) {
      const before = result[bucket]!
      result[bucket] = before === before ? before + amount : amount
    }
  }
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i]!
    if (value !== value) continue
    const from = series.start + i * series.step - start
    const to = from + series.step
    const first = Math.floor(from / seconds)
    const isBeyond = Math.floor(to / seconds) >= buckets
    const last = isBeyond ? buckets - 1 : Math.floor(to / seconds)
    const rest = isBeyond ? seconds : to - last * seconds
    if (first === last) {
      add(first, value * (rest - (from - first * seconds)))
      continue
    }
    add(first, value * (seconds - (from - first * seconds)))
    for (let bucket = first + 1; bucket < last; bucket++) add(bucket, value * seconds)
    if (rest > 0) add(last, value * rest)
  }
  return result
}
