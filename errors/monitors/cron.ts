/** A crontab's line as sets of what fits: crontab(5). */
export interface CronFields {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  /** @param weekday 0 is Sunday. */
  readonly isDay: (day: number, weekday: number) => boolean
}

const shortcuts: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const dayNames = 'sun mon tue wed thu fri sat'.split(' ')

/** Undefined for what is none. Five fields, or one of the shortcuts such as `@daily`. */
export function parseCron(line: string): CronFields | undefined {
  const text = shortcuts[line.trim().toLowerCase()] ?? line
  const fields = text.trim().toLowerCase().split(/\s+/)
  if (fields.length !== 5) return undefined
  const minutes = setOf(fields[0]!, 0, 59)
  const hours = setOf(fields[1]!, 0, 23)
  const days = setOf(fields[2]!, 1, 31)
  const months = setOf(fields[3]!, 1, 12, monthNames, 1)
  const weekdays = setOf(fields[4]!, 0, 7, dayNames)
  if (!minutes || !hours || !days || !months || !weekdays) return undefined
  if (weekdays.has(7)) weekdays.add(0)
  // Where both are restricted either is enough, as cron has it.
  const [anyDay, anyWeekday] = [fields[2]!.startsWith('*'), fields[4]!.startsWith('*')]
  const isDay = (day: number, weekday: number) =>
    anyDay || anyWeekday
      ? days.has(day) && weekdays.has(weekday)
      : days.has(day) || weekdays.has(weekday)
  return { minutes, hours, months, isDay }
}

/** A list of `*`, `a`, `a-b`, each with `/step`. */
function setOf(
  field: string,
  from: number,
  to: number,
  names: readonly string[] = [],
  firstName = 0,
): Set<number> | undefined {
  const values = new Set<number>()
  const numberOf = (text: string) => {
    const place = names.indexOf(text)
    if (place >= 0) return place + firstName
    return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  }
  for (const part of field.split(',')) {
    const [range = '', step, ...more] = part.split('/')
    const by = step === undefined ? 1 : numberOf(step)
    const [first = '', last, ...others] =
      range === '*' ? [String(from), String(to)] : range.split('-')
    const begin = numberOf(first)
    const end = last === undefined ? (step === undefined ? begin : to) : numberOf(last)
    const isWrong = more.length + others.length > 0 || !(by >= 1) || !(begin >= from && end <= to)
    if (isWrong || !(begin <= end)) return undefined
    for (let value = begin; value <= end; value += by) values.add(value)
  }
  return values
}
