import { z } from 'zod'
import type { Event } from '../event.ts'
import type { JsonObject } from '../../core/json.ts'
import { defineParser, Refusal, type Parser } from '../parser.ts'
import { timeReader, type ReadTime } from '../times/reader.ts'
import { ClfTime } from './clf_time.ts'
import { textsOf, type TextAt } from './message_text.ts'
import { accessEvent } from './nginx_event.ts'
import { NginxWriter } from './nginx_writer.ts'
import { NginxScanner } from './nginx_scan.ts'
import { converter, eventOf, recordFields, takeTime, type Convert } from './record.ts'
import { isUtf8 } from './utf8.ts'

const clf = '%d/%b/%Y:%H:%M:%S %z'

export const nginx = defineParser(
  'nginx',
  "Access log lines in nginx's `combined` format (Apache's too), with or without a trailing `$http_x_forwarded_for`.",
  {
    time_key: z.string().min(1).default('time').describe('Field of the time, with `keep_time_key`'),
    ...recordFields,
    time_format: recordFields.time_format
      .default(clf)
      .describe(recordFields.time_format.description ?? ''),
  },
  (config, context): Parser => {
    const readTime = timeReader(config, context.now)
    const convert = converter(config, context)
    const scanner = new NginxScanner()
    if (config.fields === 'fluentd') {
      return { parse: fluentdParse(scanner, readTime, convert, config) }
    }
    const usual = config.time_format === clf && config.time_type === undefined
    const clfTime = usual ? new ClfTime(readTime) : undefined
    const parser: Parser = {
      parse(source, start, end, note) {
        if (!scanner.scan(source, start, end)) return misfit(scanner, start)
        const textAt = textsOf(source, start, end)
        const event = accessEvent(source, scanner, textAt)
        if (event instanceof Refusal) return event
        // The second field is dropped, so what it holds needs no repair.
        if (!isUtf8(source, start, scanner.remoteEnd) || !isUtf8(source, scanner.user, end)) {
          note('invalid_utf8')
        }
        const text = textAt(scanner.time, scanner.timeEnd)
        const time = clfTime?.read(source, scanner.time, scanner.timeEnd)
          ? clfTime.text.toString('latin1')
          : readTime(text)
        if (time === undefined) {
          note('invalid_time')
          event['event'] = { timestamp_invalid: text }
        }
        if (config.keep_time_key) event[config.time_key] = text
        convert?.(event, note)
        return time === undefined ? event : { '@timestamp': time, ...event }
      },
    }
    if (clfTime && !convert && !config.keep_time_key) {
      const writer = new NginxWriter(scanner, clfTime)
      parser.transcode = (source, start, end, out) => writer.write(source, start, end, out)
    }
    return parser
  },
)

function misfit(scanner: NginxScanner, start: number): Refusal {
  return new Refusal('unmatched', `expected ${scanner.expected} at byte ${scanner.at - start}`)
}

interface FluentdOptions {
  readonly time_key: string
  readonly keep_time_key: boolean
}

/** Names, order and types of Fluentd's parser_nginx: all text, `-` kept, the protocol dropped. */
function fluentdParse(
  scanner: NginxScanner,
  readTime: ReadTime,
  convert: Convert | undefined,
  options: FluentdOptions,
): Parser['parse'] {
  return (source, start, end, note) => {
    if (!scanner.scan(source, start, end)) return misfit(scanner, start)
    const record = fluentdRecord(textsOf(source, start, end), scanner)
    if (record instanceof Refusal) return record
    if (!isUtf8(source, start, end)) note('invalid_utf8')
    const time = takeTime(record, options.time_key, options.keep_time_key, readTime, note)
    convert?.(record, note)
    return eventOf(record, time, readTime, note) satisfies Event
  }
}

function fluentdRecord(text: TextAt, found: NginxScanner): JsonObject | Refusal {
  const request = /^(\S+)(?: +([^]*))?$/.exec(text(found.request, found.requestEnd))
  const user = text(found.user, found.userEnd)
  const quoted = [text(found.request, found.requestEnd)]
  if (found.referer >= 0) quoted.push(text(found.referer, found.refererEnd))
  if (found.agent >= 0) quoted.push(text(found.agent, found.agentEnd))
  // Fluentd's expression takes neither.
  if (!request || user.includes(' ') || quoted.some((field) => field.includes('"'))) {
    return new Refusal('unmatched', 'no method, a space in the user or a quote within quotes')
  }
  const record: JsonObject = {
    remote: text(found.remote, found.remoteEnd),
    host: text(found.host, found.hostEnd),
    user,
    time: text(found.time, found.timeEnd),
    method: request[1]!,
  }
  if (request[2] !== undefined) record['path'] = withoutProtocol(request[2])
  record['code'] = text(found.code, found.codeEnd)
  record['size'] = text(found.size, found.sizeEnd)
  if (found.referer >= 0) record['referer'] = quoted[1]!
  if (found.agent >= 0) record['agent'] = quoted[2]!
  if (found.forwarded >= 0) {
    record['http_x_forwarded_for'] = text(found.forwarded, found.forwardedEnd)
  }
  return record
}

/** Without the last word and the spaces before it, where there are spaces. */
function withoutProtocol(target: string): string {
  let space = target.lastIndexOf(' ')
  if (space < 0 || /\s/.test(target.slice(space + 1))) return target
  while (space > 0 && target[space - 1] === ' ') space -= 1
  return target.slice(0, space)
}
