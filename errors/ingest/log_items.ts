import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { isRecord } from './json_text.ts'
import { logEvents } from './logs.ts'
import type { LogAmount, Parcel } from './parcel.ts'

/**
 * Takes log items, wherever they come from, up to the most of a request; what is left out is counted.
 *
 * @param items as in the containers of Sentry's SDKs.
 * @param redact hides secrets in a value, by its name.
 */
export function takeLogItems(
  items: Iterable<JsonValue>,
  parcel: Parcel,
  max: number,
  redact: (name: string, text: string) => string,
): void {
  const taken: JsonRecord[] = []
  let [kept, surplus, wrong] = [nothing, nothing, nothing]
  for (const item of items) {
    if (!isRecord(item)) wrong = plus(wrong, item)
    else if (taken.length >= max) surplus = plus(surplus, item)
    else {
      taken.push(item)
      kept = plus(kept, item)
    }
  }
  parcel.leaveOutLogs('too_large', 'max_logs', surplus)
  parcel.leaveOutLogs('invalid', 'a log item is no JSON object', wrong)
  if (taken.length === 0 || !parcel.allows('logs', kept.items, kept.bytes)) return
  parcel.logs(logEvents(taken, parcel.sender.project, parcel.receivedMs, redact), kept)
}

const nothing: LogAmount = { items: 0, bytes: 0 }

const plus = ({ items, bytes }: LogAmount, item: JsonValue): LogAmount => ({
  items: items + 1,
  bytes: bytes + logBytes(item),
})

/**
 * Bytes of a log item as Sentry counts them (relay, `calculate_size`): of its body, and of the names and values of its
 * attributes. At least 1.
 */
export function logBytes(item: JsonValue): number {
  if (!isRecord(item)) return 1
  const { body, attributes } = item
  let bytes = typeof body === 'string' ? Buffer.byteLength(body) : 0
  for (const [name, holder] of Object.entries(isRecord(attributes) ? attributes : {})) {
    bytes += Buffer.byteLength(name) + valueBytes(isRecord(holder) ? holder['value'] : holder, 0)
  }
  return Math.max(bytes, 1)
}

/** Values within values; what is deeper does not count. */
const depthMax = 16

function valueBytes(value: JsonValue | undefined, depth: number): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value === 'number') return 8
  if (typeof value === 'boolean') return 1
  if (value === null || value === undefined || depth > depthMax) return 0
  let bytes = 0
  if (Array.isArray(value)) for (const each of value) bytes += valueBytes(each, depth + 1)
  else {
    for (const [name, each] of Object.entries(value))
      bytes += Buffer.byteLength(name) + valueBytes(each, depth + 1)
  }
  return bytes
}
