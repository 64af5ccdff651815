import type { JsonRecord } from '../../store/search.ts'
import { answerTo, type Desk } from './desk.ts'
import type { Incoming } from './incoming.ts'
import { readJson } from './json_text.ts'
import { takeLogItems } from './log_items.ts'
import { logItemsOfJson, logItemsOfProtobuf } from './otlp_logs.ts'
import type { Parcel } from './parcel.ts'
import { ProtobufError } from './protobuf.ts'
import { type Answer, malformed, tooLarge } from './refusal.ts'

/** Traces of OpenTelemetry for a project: taken with 200, counted and dropped as transactions are. */
export async function takeOtlpTraces(
  incoming: Incoming,
  _body: Uint8Array,
  desk: Desk,
): Promise<Answer> {
  const parcel = desk.parcel(desk.sender())
  parcel.unsupported('otel_span')
  await desk.deliver(parcel, undefined)
  return answerAsSent(incoming, parcel)
}

/** Logs of OpenTelemetry for a project: they go where log items of SDKs go. */
export async function takeOtlpLogs(
  incoming: Incoming,
  body: Uint8Array,
  desk: Desk,
): Promise<Answer> {
  const parcel = desk.parcel(desk.sender())
  const { max_logs_size: maxBytes, max_logs: max } = desk.limits
  if (body.length > maxBytes) throw tooLarge('the logs are larger than errors.limits.max_logs_size')
  takeLogItems(itemsIn(incoming, body), parcel, max, desk.items(parcel).redact)
  await desk.deliver(parcel, undefined)
  return answerAsSent(incoming, parcel)
}

const isJson = ({ headers }: Incoming) => /^application\/json\b/i.test(headers.contentType)

/** @throws IngestRefusal 400 */
function* itemsIn(incoming: Incoming, body: Uint8Array): Generator<JsonRecord> {
  if (isJson(incoming)) {
    yield* logItemsOfJson(jsonOf(body))
    return
  }
  try {
    yield* logItemsOfProtobuf(body)
  } catch (failure) {
    if (failure instanceof ProtobufError) throw malformed(`these are no logs: ${failure.message}`)
    throw failure
  }
}

function jsonOf(body: Uint8Array) {
  try {
    return readJson(body).value
  } catch {
    throw malformed('the body is no JSON')
  }
}

/** A success is answered in the encoding of the request: an empty message. */
function answerAsSent(incoming: Incoming, parcel: Parcel): Answer {
  const answer = answerTo(parcel, {})
  if (answer.status !== 200 || isJson(incoming)) return answer
  const headers = { ...answer.headers, 'content-type': 'application/x-protobuf' }
  return { ...answer, headers, body: '' }
}
