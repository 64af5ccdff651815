import { z } from 'zod'
import { ConfigError } from '../../core/errors.ts'
import { type Event } from '../event.ts'
import { isObject, isRawJson, setOwn, type Json, type JsonObject } from '../../core/json.ts'
import type { Note, ParserContext } from '../parser.ts'
import { timeFields, timeReader, type ReadTime } from '../times/reader.ts'

/** Options of every parser that yields a record; Fluentd's names and meanings. */
export const recordFields = {
  ...timeFields,
  keep_time_key: z.boolean().default(false).describe('Keep the field the time was read from'),
  estimate_current_event: z
    .literal(true, 'only true is possible: an event without a time always has its arrival time')
    .default(true)
    .describe(
      "As Fluentd's default: an event without a time has its arrival time; false is refused",
    ),
  types: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .describe(
      'Types of fields, `size:integer,took:float,ok:bool,ids:array:|,at:time:%d/%b/%Y`, or an object',
    ),
  null_value_pattern: z
    .string()
    .refine(isPattern, { error: 'is no regular expression' })
    .optional()
    .describe('Texts that match are null'),
  null_empty_string: z.boolean().default(false).describe('Empty texts are null'),
} as const

export type RecordOptions = z.output<z.ZodObject<typeof recordFields>>

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp
  } catch {
    return false
  }
}

/** Converts the fields of a record in place as the options say; undefined when they say nothing. */
export type Convert = (record: JsonObject, note: Note) => void

type Caster = (value: Json) => Json | undefined

export function converter(options: RecordOptions, context: ParserContext): Convert | undefined {
  const nullPattern =
    options.null_value_pattern === undefined ? undefined : new RegExp(options.null_value_pattern)
  const casters = new Map<string, Caster>()
  for (const [field, type] of typesOf(options.types)) {
    casters.set(field, casterOf(field, type, options, context))
  }
  const nulls = nullPattern !== undefined || options.null_empty_string
  if (casters.size === 0 && !nulls) return undefined
  const isNull = (text: string) =>
    (options.null_empty_string && text === '') || nullPattern?.test(text) === true
  return (record, note) => {
    for (const key of nulls ? Object.keys(record) : casters.keys()) {
      if (!Object.hasOwn(record, key)) continue
      const value = record[key]
      if (value === undefined || value === null) continue
      if (nulls && typeof value === 'string' && isNull(value)) {
        setOwn(record, key, null)
        continue
      }
      const caster = casters.get(key)
      if (!caster) continue
      const cast = caster(value)
      if (cast === undefined) note('invalid_type')
      else setOwn(record, key, cast)
    }
  }
}

function typesOf(types: RecordOptions['types']): [field: string, type: string][] {
  if (types === undefined) return []
  if (typeof types !== 'string') return Object.entries(types)
  const found: [string, string][] = []
  for (const part of types.split(/,(?=[^,:]+:)/)) {
    const [field = '', ...type] = part.trim().split(':')
    found.push([field, type.join(':')])
  }
  return found
}

const truths = ['true', 'yes', '1']

/** Leading digits count, as in Ruby's to_i and to_f; a text without any is undefined, kept as it is. */
function casterOf(
  field: string,
  definition: string,
  options: RecordOptions,
  context: ParserContext,
): Caster {
  const [type = '', ...rest] = definition.split(':')
  const option = rest.join(':')
  if (type === 'string') return textOf
  if (type === 'integer') return (value) => numberOf(/^\s*[+-]?\d+/.exec(textOf(value))?.[0])
  if (type === 'float') {
    return (value) => numberOf(/^\s*[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(textOf(value))?.[0])
  }
  if (type === 'bool') return (value) => truths.includes(textOf(value).toLowerCase())
  if (type === 'array') return (value) => textOf(value).split(option || ',')
  if (type === 'time') return timeCaster(option, options, context)
  throw new ConfigError(
    'WEIR_CONFIG_INVALID',
    `types: "${field}:${definition}" has no known type: use string, integer, float, bool, time or array`,
  )
}

function timeCaster(option: string, options: RecordOptions, context: ParserContext): Caster {
  const zoned = /^([+-]\d\d:?\d\d|[A-Za-z]+\/[A-Za-z_/]+):(.+)$/.exec(option)
  const format = zoned?.[2] ?? option
  const parsed = z.object(timeFields).safeParse({
    ...(format === '' ? {} : { time_format: format }),
    timezone: zoned?.[1] ?? options.timezone,
    localtime: options.localtime,
    utc: options.utc,
  })
  if (parsed.success) return timeReader(parsed.data, context.now)
  throw new ConfigError(
    'WEIR_CONFIG_INVALID',
    `types: "time:${option}": no such time format or zone`,
  )
}

/** Kept digit by digit where a double would change it. */
function numberOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined
  const plain = text
    .trim()
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1')
  const value = Number(plain)
  return Number.isSafeInteger(value) || /[.eE]/.test(plain) ? finite(value, plain) : rawJson(plain)
}

function finite(value: number, text: string): Json {
  return Number.isFinite(value) ? value : rawJson(text)
}

function textOf(value: Json): string {
  if (typeof value === 'string') return value
  if (isRawJson(value)) return value.rawJSON
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

/** The declaration that TypeScript's libraries lack. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): Json }

/** A number as written; `text` is one by JSON's grammar. */
export function rawJson(text: string): Json {
  return rawJSON(text)
}

/**
 * Takes the time out of a record's `timeKey` (and leaves the field with keep_time_key). Undefined when
 * there is none; one that cannot be read stays in the record and is noted.
 */
export function takeTime(
  record: JsonObject,
  timeKey: string,
  keep: boolean,
  read: ReadTime,
  note: Note,
): string | undefined {
  if (!Object.hasOwn(record, timeKey)) return undefined
  const time = read(record[timeKey])
  if (time === undefined) note('invalid_time')
  else if (!keep) delete record[timeKey]
  return time
}

/**
 * The event of a record: its time first. A record's own `@timestamp` is used where it has no other time;
 * when it cannot be read it is kept, as text, as `event.timestamp_invalid` (`timestamp_invalid` where
 * the record has an `event` that is no object).
 */
export function eventOf(
  record: JsonObject,
  time: string | undefined,
  readOwn: ReadTime,
  note: Note,
): Event {
  if (!Object.hasOwn(record, '@timestamp')) {
    return time === undefined ? record : { '@timestamp': time, ...record }
  }
  const { '@timestamp': own, ...rest } = record
  const used = time ?? readOwn(own)
  if (used !== undefined) return { '@timestamp': used, ...rest }
  note('invalid_time')
  const kept = textOf(own ?? null)
  const event: Json = rest['event'] ?? {}
  if (isObject(event)) rest['event'] = { ...event, timestamp_invalid: kept }
  else rest['timestamp_invalid'] = kept
  return rest
}
