import { z } from 'zod'
import type { Event } from '../event.ts'
import type { JsonObject } from '../../core/json.ts'
import { defineParser, Refusal, type Note, type Parser } from '../parser.ts'
import { timeReader, type ReadTime } from '../times/reader.ts'
import { converter, eventOf, recordFields, takeTime, type Convert } from './record.ts'
import { fluentdSyslog } from './syslog_fluentd.ts'
import { syslogEvent, type SyslogEvent } from './syslog_event.ts'
import { isUtf8 } from './utf8.ts'

export const syslog = defineParser(
  'syslog',
  'Syslog messages by RFC 3164 (BSD) and RFC 5424, with or without a priority.',
  {
    message_format: z
      .enum(['rfc3164', 'rfc5424', 'auto'])
      .optional()
      .describe(
        'Which RFC; default auto, told apart by the version. With `fields: fluentd` rfc3164',
      ),
    with_priority: z
      .boolean()
      .optional()
      .describe(
        'Whether messages begin with `<13>`; default: either. With `fields: fluentd` false',
      ),
    support_colonless_ident: z
      .boolean()
      .default(true)
      .describe('`cron[12] text` names its program though no colon follows'),
    rfc5424_time_format: z
      .string()
      .min(1)
      .optional()
      .describe('Time format of RFC 5424 messages; default: ISO 8601, as the RFC says'),
    time_key: z.string().min(1).default('time').describe('Field of the time, with `keep_time_key`'),
    max_length: z
      .int()
      .min(480)
      .max(16_777_216)
      .default(1_048_576)
      .describe('Longest message in bytes; a longer one is refused'),
    ...recordFields,
  },
  (config, context): Parser => {
    const modern = config.rfc5424_time_format
    const settings: Settings = {
      ...config,
      readLegacy: timeReader(
        {
          ...config,
          time_format: config.time_format ?? '%b %d %H:%M:%S',
          time_format_fallbacks: ['iso8601', '%b %d %H:%M:%S.%N', ...config.time_format_fallbacks],
        },
        context.now,
      ),
      readModern: timeReader({ ...config, time_format: modern ?? 'iso8601' }, context.now),
      convert: converter(config, context),
    }
    return { parse: config.fields === 'fluentd' ? fluentdParse(settings) : ecsParse(settings) }
  },
)

interface Settings {
  readonly message_format?: 'rfc3164' | 'rfc5424' | 'auto' | undefined
  readonly with_priority?: boolean | undefined
  readonly support_colonless_ident: boolean
  readonly time_format?: string | undefined
  readonly time_key: string
  readonly keep_time_key: boolean
  readonly max_length: number
  readonly readLegacy: ReadTime
  readonly readModern: ReadTime
  readonly convert: Convert | undefined
}

/** The message as text without a line end; bytes that are not UTF-8 are repaired and noted. */
function textOf(source: Buffer, start: number, end: number, note: Note, most: number) {
  if (end - start > most) return new Refusal('unmatched', `longer than max_length ${most}`)
  if (!isUtf8(source, start, end)) note('invalid_utf8')
  return source.toString('utf8', start, end).replace(/\r?\n$/, '')
}

const isModern = /^<\d{1,3}>[1-9]\d{0,2} /

function ecsParse(settings: Settings): Parser['parse'] {
  const format = settings.message_format ?? 'auto'
  return (source, start, end, note) => {
    const text = textOf(source, start, end, note, settings.max_length)
    if (text instanceof Refusal) return text
    const modern = format === 'rfc5424' || (format === 'auto' && isModern.test(text))
    const found = syslogEvent(text, modern, settings)
    if (found instanceof Refusal) return found
    return withTime(found, modern ? settings.readModern : settings.readLegacy, settings, note)
  }
}

function withTime(
  { event, time }: SyslogEvent,
  read: ReadTime,
  settings: Settings,
  note: Note,
): Event {
  const iso = time === undefined ? undefined : read(time)
  if (time !== undefined && iso === undefined) {
    note('invalid_time')
    event['event'] = { timestamp_invalid: time }
  }
  if (settings.keep_time_key && time !== undefined) event[settings.time_key] = time
  settings.convert?.(event, note)
  return iso === undefined ? event : { '@timestamp': iso, ...event }
}

function fluentdParse(settings: Settings): Parser['parse'] {
  const format = settings.message_format ?? 'rfc3164'
  const withPriority = settings.with_priority ?? false
  return (source, start, end, note) => {
    const text = textOf(source, start, end, note, settings.max_length)
    if (text instanceof Refusal) return text
    const modern = format === 'rfc5424' || (format === 'auto' && /^<\d{1,3}>[1-9]/.test(text))
    const record: JsonObject | undefined = fluentdSyslog(text, modern, withPriority)
    if (!record) {
      const name = modern ? 'RFC 5424' : 'RFC 3164'
      const priority = withPriority ? 'with' : 'without'
      return new Refusal('unmatched', `no ${name} message ${priority} a priority`)
    }
    const read = modern ? settings.readModern : settings.readLegacy
    const time = takeTime(record, 'time', settings.keep_time_key, read, note)
    settings.convert?.(record, note)
    return eventOf(record, time, read, note)
  }
}
