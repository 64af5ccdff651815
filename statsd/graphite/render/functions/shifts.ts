/** Functions that show other times than the request's. */
import { parseOffset, parseTime } from '../attime.ts'
import { tagged, wrapped } from '../series.ts'
import type { TimeZone } from '../time_zone.ts'
import type { Call } from './call.ts'
import { seriesParam, type RenderFunction } from './declaration.ts'

const suggestions = ['1h', '6h', '12h', '1d', '2d', '7d', '14d', '30d']

export const shiftFunctions: readonly RenderFunction[] = [
  {
    names: ['timeShift'],
    group: 'Transform',
    description: 'Shows the series as they were so long before, or after with a plus sign.',
    params: [
      seriesParam,
      { name: 'timeShift', type: 'interval', required: true, suggestions },
      { name: 'resetEnd', type: 'boolean', default: true },
      { name: 'alignDst', type: 'boolean', default: false, alias: 'alignDST' },
    ],
    run: async (given, call) => {
      const shift = backwards(given.text('timeShift'))
      const first = given.series()[0]
      if (first === undefined) return []
      const list = await call.again(shifted(call, parseOffset(shift), given.flag('alignDst')))
      return list.map((series) => ({
        ...series,
        name: `timeShift(${series.name}, "${shift}")`,
        tags: tagged(series, { timeShift: shift }),
        start: first.start,
        end: given.flag('resetEnd') ? first.end : series.end - series.start + first.start,
      }))
    },
  },
  {
    names: ['timeStack'],
    group: 'Transform',
    description:
      'Shows the series several times, each time shifted once more, to compare days or weeks.',
    params: [
      seriesParam,
      { name: 'timeShiftUnit', type: 'interval', default: '1d', suggestions },
      { name: 'timeShiftStart', type: 'integer', default: 0 },
      { name: 'timeShiftEnd', type: 'integer', default: 7 },
    ],
    run: async (given, call) => {
      const unit = backwards(given.text('timeShiftUnit'))
      const first = given.series()[0]
      if (first === undefined) return []
      const [from, to] = [given.number('timeShiftStart'), given.number('timeShiftEnd')]
      if (to - from > maxShifts) return call.fail(`it shifts ${maxShifts} times at most`)
      const result = []
      for (let shift = from; shift < to; shift++) {
        const list = await call.again(shifted(call, parseOffset(unit) * shift, false))
        for (const series of list) {
          result.push(
            wrapped(series, `timeShift(${series.name}, ${unit}, ${shift})`, {
              tags: tagged(series, { timeShiftUnit: unit, timeShift: String(shift) }),
              start: first.start,
              end: first.end,
            }),
          )
        }
      }
      return result
    },
  },
  {
    names: ['timeSlice'],
    group: 'Transform',
    description: 'Leaves only the values between two times.',
    params: [
      seriesParam,
      { name: 'startSliceAt', type: 'date', required: true },
      { name: 'endSliceAt', type: 'date', default: 'now' },
    ],
    run: (given, call) => {
      const start = parseTime(given.text('startSliceAt'), call.zone, call.nowS)
      const end = parseTime(given.text('endSliceAt'), call.zone, call.nowS)
      return given.series().map((series) => ({
        ...series,
        name: `timeSlice(${series.name}, ${start}, ${end})`,
        tags: tagged(series, { timeSliceStart: String(start), timeSliceEnd: String(end) }),
        values: series.values.map((value, i) => {
          const time = call.fromS + i * series.step
          return time < start || time > end ? NaN : value
        }),
      }))
    },
  },
]

const maxShifts = 1000

/** Without a sign it is into the past. */
function backwards(shift: string): string {
  return /^\d/.test(shift) ? `-${shift}` : shift
}

/** `alignDst`: by an hour more or less when only one of the two times is in summer. */
function shifted(call: Call, seconds: number, alignDst: boolean) {
  const window = { fromS: call.fromS + seconds, untilS: call.untilS + seconds }
  if (!alignDst) return window
  const [isFrom, isUntil] = [isSummer(call.fromS, call.zone), isSummer(call.untilS, call.zone)]
  const shifts = [isSummer(window.fromS, call.zone), isSummer(window.untilS, call.zone)]
  if (isFrom !== isUntil || shifts.some((isShift) => isShift === isFrom)) return window
  const hour = isFrom ? 3600 : -3600
  return { fromS: window.fromS + hour, untilS: window.untilS + hour }
}

/** Whether the clock is ahead of what it is in January or July of that year. */
function isSummer(timeS: number, zone: TimeZone): boolean {
  const year = new Date(timeS * 1000).getUTCFullYear()
  const ordinary = Math.min(...[0, 6].map((month) => zone.offsetAt(Date.UTC(year, month) / 1000)))
  return zone.offsetAt(timeS) > ordinary
}
