import type { JsonObject } from '../../core/json.ts'

/**
 * A message as Fluentd's parser_syslog gives it: `pri` a number, everything else text, `-` kept, the
 * structured data raw. `time` is among the fields. Undefined when Fluentd's expressions would not match.
 */
export function fluentdSyslog(
  text: string,
  modern: boolean,
  withPriority: boolean,
): JsonObject | undefined {
  const record: JsonObject = {}
  let rest = text
  if (withPriority) {
    const priority = (modern ? /^<(\d{1,3})>[1-9]\d{0,2} /y : /^<(\d+)>/y).exec(text)
    if (!priority) return undefined
    record['pri'] = Number(priority[1])
    rest = text.slice(priority[0].length)
  }
  return modern ? rfc5424(rest, record) : rfc3164(rest, record)
}

/** Three words of time, or two where there are no more, host, then ident, pid and message. */
function rfc3164(text: string, record: JsonObject): JsonObject | undefined {
  const header =
    /^([^ ]+ {1,32}[^ ]* [^ ]*) ([^ ]*) /.exec(text) ?? /^([^ ]* [^ ]*) ([^ ]*) /.exec(text)
  if (!header) return undefined
  const rest = text.slice(header[0].length)
  const ident = /^[^ :[]*/.exec(rest)![0]
  const pid = /^\[(\d+)\]/.exec(rest.slice(ident.length))
  record['time'] = header[1]!
  record['host'] = header[2]!
  record['ident'] = ident
  if (pid) record['pid'] = pid[1]!
  let message = rest.slice(ident.length + (pid?.[0].length ?? 0))
  const colon = message.indexOf(':')
  if (colon >= 0) message = message.slice(colon + 1)
  record['message'] = message.replace(/^ +/, '')
  return record
}

function rfc5424(text: string, record: JsonObject): JsonObject | undefined {
  const header =
    /^([^ ]+) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) (?=[-[])/y.exec(text)
  if (!header) return undefined
  const from = header[0].length
  const end = text[from] === '-' ? from + 1 : dataEnd(text, from)
  if (end < 0 || (end < text.length && (text[end] !== ' ' || end + 1 === text.length))) {
    return undefined
  }
  const names = ['time', 'host', 'ident', 'pid', 'msgid']
  names.forEach((name, index) => (record[name] = header[index + 1]!))
  record['extradata'] = text.slice(from, end)
  if (end < text.length) record['message'] = text.slice(end + 1)
  return record
}

/** After the first unescaped `]` that a space or the end follows; -1 when there is none. */
function dataEnd(text: string, from: number): number {
  for (let at = text.indexOf(']', from); at >= 0; at = text.indexOf(']', at + 1)) {
    if (text[at - 1] === '\\') continue
    if (at + 1 === text.length || text[at + 1] === ' ') return at + 1
  }
  return -1
}
