import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { isRecord } from './json_text.ts'
import { doubleOf, type ProtobufField, protobufFields } from './protobuf.ts'

/** Values within values; deeper ones are null. */
const depthMax = 8
/** Characters of a resource's attributes: they are written with each of its records. */
const sharedMax = 4_096

/**
 * Log records of an `ExportLogsServiceRequest` (opentelemetry.io/docs/specs/otlp, logs.proto 1.x) as the items of
 * Sentry's log containers, `{timestamp, level, body, trace_id, attributes}`; attributes of the resource go with each.
 *
 * @throws ProtobufError for bytes that are none.
 */
export function* logItemsOfProtobuf(bytes: Uint8Array): Generator<JsonRecord> {
  for (const resourceLogs of messages(bytes, 1)) {
    const shared: Attribute[] = []
    for (const resource of messages(resourceLogs, 1)) shared.push(...attributesIn(resource, 1))
    const fitting = thatFit(shared)
    for (const scopeLogs of messages(resourceLogs, 2)) {
      for (const record of messages(scopeLogs, 2)) yield recordOf(record, fitting)
    }
  }
}

/** As `logItemsOfProtobuf`, of the same in JSON. What is of another shape is left out. */
export function* logItemsOfJson(json: JsonValue): Generator<JsonRecord> {
  for (const resourceLogs of listIn(json, 'resourceLogs')) {
    const resource = isRecord(resourceLogs) ? resourceLogs['resource'] : undefined
    const shared = thatFit(attributesOfJson(resource))
    for (const scopeLogs of listIn(resourceLogs, 'scopeLogs')) {
      for (const record of listIn(scopeLogs, 'logRecords')) {
        if (!isRecord(record)) continue
        const { timeUnixNano, observedTimeUnixNano, severityText, severityNumber } = record
        const nanos = [timeUnixNano, observedTimeUnixNano].map(Number).find((each) => each > 0)
        yield itemOf({
          seconds: nanos === undefined ? undefined : nanos / 1e9,
          level: levelOf(severityText, Number(severityNumber)),
          body: valueOfJson(record['body'], 0),
          trace: record['traceId'],
          attributes: [...shared, ...attributesOfJson(record)],
        })
      }
    }
  }
}

type Attribute = readonly [name: string, value: JsonValue]

/** Those that find room together; one that is too large does not cost the others. */
function thatFit(attributes: readonly Attribute[]): readonly Attribute[] {
  let left = sharedMax
  return attributes.filter(([name, value]) => {
    const size = name.length + (JSON.stringify(value)?.length ?? 0)
    if (size > left) return false
    left -= size
    return true
  })
}

interface LogRecord {
  readonly seconds: number | undefined
  readonly level: string
  readonly body: JsonValue
  readonly trace: JsonValue | undefined
  readonly attributes: readonly Attribute[]
}

/** Names of OpenTelemetry for what Sentry's SDKs name otherwise. */
const sentryNames: ReadonlyMap<string, string> = new Map([
  ['deployment.environment', 'sentry.environment'],
  ['deployment.environment.name', 'sentry.environment'],
  ['service.version', 'sentry.release'],
  ['host.name', 'server.address'],
])

function itemOf({ seconds, level, body, trace, attributes }: LogRecord): JsonRecord {
  const named = attributes.map(([name, value]): [string, JsonValue] => [
    sentryNames.get(name) ?? name,
    { value },
  ])
  return {
    ...(seconds !== undefined && { timestamp: seconds }),
    level,
    body: typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body),
    ...(typeof trace === 'string' && { trace_id: trace.toLowerCase() }),
    // `fromEntries` makes an own key of `__proto__` too.
    attributes: Object.fromEntries(named),
  }
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

function levelOf(text: unknown, number: number): string {
  if (typeof text === 'string' && text !== '') return text.toLowerCase()
  return levels[Math.floor((number - 1) / 4)] ?? 'info'
}

/** The bytes of every field `number` of a message. */
function* messages(bytes: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of protobufFields(bytes)) {
    if (field.number === number && typeof field.value !== 'bigint') yield field.value
  }
}

function recordOf(bytes: Uint8Array, shared: readonly Attribute[]): JsonRecord {
  let [nanos, observed, severity, text] = [0n, 0n, 0, '']
  let body: JsonValue = null
  let trace: string | undefined
  const attributes: Attribute[] = [...shared]
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value === 'bigint') {
      if (number === 1) nanos = value
      if (number === 2) severity = Number(value)
      if (number === 11) observed = value
    } else if (number === 3) text = textOf(value)
    else if (number === 5) body = valueOf(value, 0)
    else if (number === 6) attributes.push(...attributeOf(value, 0))
    else if (number === 9) trace = Buffer.from(value).toString('hex')
  }
  const atNanos = nanos === 0n ? observed : nanos
  return itemOf({
    // Milliseconds are as exact as logs get here.
    seconds: atNanos === 0n ? undefined : Number(atNanos / 1_000_000n) / 1000,
    level: levelOf(text, severity),
    body,
    trace,
    attributes,
  })
}

function* attributesIn(bytes: Uint8Array, number: number): Generator<Attribute> {
  for (const entry of messages(bytes, number)) yield* attributeOf(entry, 0)
}

function* attributeOf(bytes: Uint8Array, depth: number): Generator<Attribute> {
  let [key, value]: [string, JsonValue] = ['', null]
  for (const field of protobufFields(bytes)) {
    if (typeof field.value === 'bigint') continue
    if (field.number === 1) key = textOf(field.value)
    if (field.number === 2) value = valueOf(field.value, depth + 1)
  }
  if (key !== '') yield [key, value]
}

/** An `AnyValue`. */
function valueOf(bytes: Uint8Array, depth: number): JsonValue {
  let value: JsonValue = null
  if (depth > depthMax) return value
  for (const field of protobufFields(bytes)) value = oneOf(field, depth)
  return value
}

function oneOf({ number, value }: ProtobufField, depth: number): JsonValue {
  if (typeof value === 'bigint') {
    if (number === 2) return value !== 0n
    if (number === 3) return numberOf(BigInt.asIntN(64, value))
    return number === 4 ? finite(doubleOf(value)) : null
  }
  if (number === 1) return textOf(value)
  if (number === 5) return Array.from(messages(value, 1), (each) => valueOf(each, depth + 1))
  if (number === 6) {
    const entries = [...messages(value, 1)].flatMap((each) => [...attributeOf(each, depth)])
    return Object.fromEntries(entries)
  }
  return number === 7 ? Buffer.from(value).toString('base64') : null
}

/** Beyond what a double holds exactly the digits are kept. */
const numberOf = (value: bigint): JsonValue =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
const finite = (value: number): JsonValue => (Number.isFinite(value) ? value : String(value))
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

function listIn(value: JsonValue | undefined, name: string): readonly JsonValue[] {
  const list = isRecord(value) ? value[name] : undefined
  return Array.isArray(list) ? list : []
}

function attributesOfJson(holder: JsonValue | undefined, depth = 0): Attribute[] {
  return listIn(holder, depth === 0 ? 'attributes' : 'values').flatMap((entry): Attribute[] => {
    const key = isRecord(entry) ? entry['key'] : undefined
    if (typeof key !== 'string' || key === '') return []
    return [[key, valueOfJson((entry as JsonRecord)['value'], depth + 1)]]
  })
}

function valueOfJson(value: JsonValue | undefined, depth: number): JsonValue {
  if (!isRecord(value) || depth > depthMax) return null
  for (const name of ['stringValue', 'boolValue', 'doubleValue', 'bytesValue']) {
    if (value[name] !== undefined) return value[name]
  }
  const { intValue, arrayValue, kvlistValue } = value
  if (intValue !== undefined) {
    return typeof intValue === 'string' && /^-?\d{1,15}$/.test(intValue)
      ? Number(intValue)
      : intValue
  }
  if (isRecord(arrayValue))
    return listIn(arrayValue, 'values').map((each) => valueOfJson(each, depth + 1))
  return isRecord(kvlistValue) ? Object.fromEntries(attributesOfJson(kvlistValue, depth + 1)) : null
}
