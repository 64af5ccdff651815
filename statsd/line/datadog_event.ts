/**
 * DogStatsD's events and service checks as log events. Both are rare, so they are read as texts; only
 * the lengths of an event's title and text are bytes (of UTF-8).
 */

const decoder = new TextDecoder()

/** A log event of `_e{5,4}:title|text|d:ts|h:host|…`; undefined when it is none. */
export function readEvent(line: Uint8Array, nowMs: number): object | undefined {
  const headerEnd = line.indexOf(0x3a)
  const header = decoder.decode(line.subarray(0, headerEnd < 0 ? 0 : headerEnd))
  const [, titleLength, textLength] = /^_e\{(\d{1,7}),(\d{1,7})\}$/.exec(header) ?? []
  if (titleLength === undefined || Number(titleLength) === 0) return undefined
  const titleEnd = headerEnd + 1 + Number(titleLength)
  const textEnd = titleEnd + 1 + Number(textLength)
  if (textEnd > line.length || line[titleEnd] !== 0x7c) return undefined
  const title = plain(decoder.decode(line.subarray(headerEnd + 1, titleEnd)))
  const text = plain(decoder.decode(line.subarray(titleEnd + 1, textEnd)))
  const fields = fieldsOf(decoder.decode(line.subarray(textEnd)).split('|').slice(1))
  const alertType = fields.t ?? 'info'
  return withoutUndefined({
    '@timestamp': timeOf(fields.d, nowMs),
    message: text === '' ? title : `${title}\n${text}`,
    log: { level: alertType === 'success' ? 'info' : alertType },
    host: fields.h === undefined ? undefined : { name: fields.h },
    event: { kind: 'event', dataset: 'statsd.events' },
    tags: fields.tags,
    statsd: withoutUndefined({
      title,
      alert_type: alertType,
      aggregation_key: fields.k,
      priority: fields.p,
      source_type: fields.s,
    }),
  })
}

const statuses = ['ok', 'warning', 'critical', 'unknown'] as const
const levels = { ok: 'info', warning: 'warning', critical: 'error', unknown: 'warning' } as const

/** A log event of `_sc|name|0-3|d:ts|h:host|#tags|m:message`; undefined when it is none. */
export function readServiceCheck(line: Uint8Array, nowMs: number): object | undefined {
  const [, name, code, ...rest] = decoder.decode(line).split('|')
  const status = code !== undefined && /^[0-3]$/.test(code) ? statuses[Number(code)] : undefined
  if (!name || status === undefined) return undefined
  // The message is the last field and may have a `|` of its own.
  const messageAt = rest.findIndex((field) => field.startsWith('m:'))
  const message = messageAt < 0 ? undefined : rest.slice(messageAt).join('|').slice(2)
  const fields = fieldsOf(messageAt < 0 ? rest : rest.slice(0, messageAt))
  return withoutUndefined({
    '@timestamp': timeOf(fields.d, nowMs),
    message: plain(message ?? `${name} is ${status}`).replaceAll('m\\:', 'm:'),
    log: { level: levels[status] },
    host: fields.h === undefined ? undefined : { name: fields.h },
    event: { kind: 'state', dataset: 'statsd.events' },
    tags: fields.tags,
    statsd: { check: name, status },
  })
}

interface Fields {
  d?: string
  h?: string
  k?: string
  p?: string
  s?: string
  t?: string
  tags?: string[]
}

/** Fields that are not known, and values that make no sense, are passed over, as the agent does. */
function fieldsOf(parts: readonly string[]): Fields {
  const fields: Fields = {}
  for (const part of parts) {
    if (part.startsWith('#')) {
      const tags = part
        .slice(1)
        .split(',')
        .filter((tag) => tag !== '')
      if (tags.length > 0) fields.tags = tags
      continue
    }
    const value = part.slice(2)
    if (part[1] !== ':' || value === '') continue
    if (part[0] === 'd' && /^\d{1,12}$/.test(value)) fields.d = value
    if (part[0] === 'h') fields.h = value
    if (part[0] === 'k') fields.k = value
    if (part[0] === 'p' && (value === 'normal' || value === 'low')) fields.p = value
    if (part[0] === 's') fields.s = value
    if (part[0] === 't' && /^(error|warning|info|success)$/.test(value)) fields.t = value
  }
  return fields
}

const timeOf = (seconds: string | undefined, nowMs: number) =>
  new Date(seconds === undefined ? nowMs : Number(seconds) * 1000).toISOString()

/** A line break in a text is written `\n`. */
const plain = (text: string) => text.replaceAll('\\n', '\n')

const withoutUndefined = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
