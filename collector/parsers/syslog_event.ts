import { setOwn, type Json, type JsonObject } from '../../core/json.ts'
import { Refusal } from '../parser.ts'

/** Keywords of RFC 5424 table 1, as syslog daemons write them. */
const facilities = (
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ')
/** RFC 5424 table 2. */
const severities = 'emergency alert critical error warning notice informational debug'.split(' ')
const levels = 'emergency alert critical error warning notice info debug'.split(' ')

export interface SyslogEvent {
  /** With ECS names, without its time. */
  readonly event: JsonObject
  /** The time as it was written; undefined when there is none. */
  readonly time: string | undefined
}

export interface SyslogOptions {
  readonly with_priority?: boolean | undefined
  readonly support_colonless_ident: boolean
  readonly time_format?: string | undefined
}

/** What the header says; absent is undefined. */
interface Header {
  readonly priority?: number | undefined
  readonly version?: string | undefined
  readonly hostname?: string | undefined
  readonly appname?: string | undefined
  readonly procid?: string | undefined
  readonly msgid?: string | undefined
  readonly structured_data?: JsonObject | undefined
}

/** Reads one message (RFC 5424 when `modern`, RFC 3164 otherwise) into ECS names. */
export function syslogEvent(
  text: string,
  modern: boolean,
  options: SyslogOptions,
): SyslogEvent | Refusal {
  const given = /^<(\d{1,3})>/.exec(text)
  const priority = given ? Number(given[1]) : undefined
  if (priority !== undefined && priority > 191) {
    return new Refusal('unmatched', `priority ${priority} is above 191`)
  }
  if (
    (options.with_priority === true) !== (priority !== undefined) &&
    options.with_priority != null
  ) {
    return new Refusal(
      'unmatched',
      `expected ${options.with_priority ? 'a' : 'no'} priority at byte 0`,
    )
  }
  const rest = text.slice(given?.[0].length ?? 0)
  return modern ? rfc5424(rest, priority) : rfc3164(rest, priority, options)
}

const monthTime = /^[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?= |$)/
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?= |$)/
const tag = /^([^\s:[\]]{1,128})(?:\[([^\]\s]{0,128})\])?(:?)(?= |$)/

/** `Mmm dd hh:mm:ss host ident[pid]: message`; time and host may be missing (RFC 3164 §4.3.3, §5.4). */
function rfc3164(
  text: string,
  priority: number | undefined,
  options: SyslogOptions,
): SyslogEvent | Refusal {
  const time = timeOf(text, options.time_format)
  if (time === undefined) {
    if (priority === undefined) return new Refusal('unmatched', 'neither a priority nor a time')
    return { event: eventOf({ priority }, text), time: undefined }
  }
  let rest = text.slice(time.length + 1)
  const word = /^[^ ]*/.exec(rest)![0]
  // A word that ends as a tag does is the tag: the host was left out.
  const hostless = /^[^\s:[\]]+(\[[^\]\s]*\])?:$/.test(word)
  if (!hostless) rest = rest.slice(word.length + 1)
  const found = tag.exec(rest)
  const named =
    found && (found[3] === ':' || (found[2] !== undefined && options.support_colonless_ident))
  if (named) rest = rest.slice(found[0].length)
  const header: Header = {
    priority,
    hostname: hostless || word === '' || word === '-' ? undefined : word,
    appname: named ? found[1] : undefined,
    procid: named && found[2] !== '' ? found[2] : undefined,
  }
  return { event: eventOf(header, rest.replace(/^ +/, '')), time: time.replace(/ +/g, ' ') }
}

/** The time a message begins with: as many words as the format has, or what is told by its look. */
function timeOf(text: string, format: string | undefined): string | undefined {
  if (format === undefined) return (monthTime.exec(text) ?? isoTime.exec(text))?.[0]
  let at = 0
  for (const _word of format.trim().split(/ +/)) {
    while (text[at] === ' ') at += 1
    const space = text.indexOf(' ', at)
    at = space < 0 ? text.length : space
  }
  return at === 0 ? undefined : text.slice(0, at)
}

const fields =
  /^(?:([1-9]\d{0,2}) )?([^ ]{1,64}) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) /

function rfc5424(text: string, priority: number | undefined): SyslogEvent | Refusal {
  const header = fields.exec(text)
  // A priority is always followed by the version (RFC 5424 §6).
  if (!header || (priority !== undefined && header[1] === undefined)) {
    return new Refusal('unmatched', 'the RFC 5424 header is not complete')
  }
  const [all, version, time, ...words] = header
  const [hostname, appname, procid, msgid] = words.map((word) => (word === '-' ? undefined : word))
  const data: JsonObject = {}
  const end = text[all.length] === '-' ? all.length + 1 : readData(text, all.length, data)
  if (end < 0 || (end < text.length && text[end] !== ' ')) {
    return new Refusal('unmatched', 'the structured data is malformed')
  }
  const structured = text[all.length] === '-' ? undefined : data
  const found = { priority, version, hostname, appname, procid, msgid, structured_data: structured }
  const message = text.slice(end + 1).replace(/^\ufeff/, '')
  return { event: eventOf(found, message), time: time === '-' ? undefined : time }
}

const element = /\[([^\s="\]]{1,256})((?: +[^\s="\]]{1,256}="(?:[^"\\\]]|\\[^])*")*) *\]/y
const parameter = / +([^\s="\]]{1,256})="((?:[^"\\\]]|\\[^])*)"/g

/** Structured data from `from` into `data`, by SD-ID and parameter; the place after it, or -1. */
function readData(text: string, from: number, data: JsonObject): number {
  let at = from
  while (text[at] === '[') {
    element.lastIndex = at
    const found = element.exec(text)
    if (!found) return -1
    const parameters: JsonObject = {}
    for (const [, name, value] of found[2]!.matchAll(parameter)) {
      setOwn(parameters, name!, value!.replace(/\\(["\\\]])/g, '$1'))
    }
    setOwn(data, found[1]!, parameters)
    at += found[0].length
  }
  return at === from ? -1 : at
}

function eventOf(header: Header, message: string): JsonObject {
  const { priority, hostname, appname, procid } = header
  const syslog: JsonObject = {}
  if (priority !== undefined) {
    const [facility, severity] = [priority >> 3, priority & 7]
    syslog['priority'] = priority
    syslog['facility'] = { code: facility, name: facilities[facility]! }
    syslog['severity'] = { code: severity, name: severities[severity]! }
  }
  for (const name of ['version', 'hostname', 'appname', 'procid', 'msgid'] as const) {
    if (header[name] !== undefined) syslog[name] = header[name]
  }
  if (header.structured_data) syslog['structured_data'] = header.structured_data
  const log: Record<string, Json> = {}
  if (priority !== undefined) log['level'] = levels[priority & 7]!
  if (Object.keys(syslog).length > 0) log['syslog'] = syslog
  const event: JsonObject = {}
  if (message !== '') event['message'] = message
  if (hostname !== undefined) event['host'] = { name: hostname }
  if (appname !== undefined) event['process'] = { name: appname }
  if (procid !== undefined && /^\d{1,10}$/.test(procid)) {
    event['process'] = { ...(event['process'] as JsonObject), pid: Number(procid) }
  }
  if (Object.keys(log).length > 0) event['log'] = log
  return event
}
