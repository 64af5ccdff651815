import { readEventId } from '../event/event_id.ts'
import { crashEvent } from './crash_form.ts'
import { answerTo, type Desk } from './desk.ts'
import { type Envelope, parseEnvelope } from './envelope.ts'
import { hyphenated } from './event_id.ts'
import type { Endpoint, Incoming } from './incoming.ts'
import { takeFeedback, takeItem, takeRawEvent } from './items.ts'
import { isRecord, readJson } from './json_text.ts'
import { takeCheckIn } from './monitor_call.ts'
import { readForm } from './multipart.ts'
import { isNativeFile, nativeEvent } from './native_files.ts'
import { takeOtlpLogs, takeOtlpTraces } from './otlp.ts'
import type { Parcel } from './parcel.ts'
import { type Answer, json, malformed, refused, tooLarge } from './refusal.ts'
import { securityEvents } from './security.ts'
import { storeBody } from './store_body.ts'

type Answering = (incoming: Incoming, body: Uint8Array, desk: Desk) => Promise<Answer> | Answer

/** What answers a request, by its endpoint. `body` is inflated. */
export const endpoints: Readonly<Record<Endpoint, Answering>> = {
  envelope: takeEnvelope,
  tunnel: takeEnvelope,
  spotlight: takeEnvelope,
  store: takeStore,
  security: takeSecurityReport,
  nel: (_incoming, _body, desk) => {
    const parcel = desk.parcel(desk.sender())
    parcel.unsupported('nel')
    return deliverAndAnswer(parcel, undefined, desk, {})
  },
  minidump: takeMinidump,
  unreal: takeUnreal,
  attachments: takeAttachments,
  check_in: takeCheckIn,
  feedback: takeDialog,
  otlp_logs: takeOtlpLogs,
  otlp_traces: takeOtlpTraces,
}

async function deliverAndAnswer(
  parcel: Parcel,
  eventId: string | undefined,
  desk: Desk,
  body: object,
): Promise<Answer> {
  await desk.deliver(parcel, eventId)
  return answerTo(parcel, body)
}

function takeEnvelope(_incoming: Incoming, body: Uint8Array, desk: Desk): Promise<Answer> {
  // In two: what an asynchronous function has read it keeps until it ends.
  return delivered(readEnvelope(body, desk), desk)
}

/** What is left of an envelope when its items have been taken. */
interface Taken {
  readonly parcel: Parcel
  readonly id: string | undefined
  readonly broken: string | undefined
}

function readEnvelope(body: Uint8Array, desk: Desk): Taken {
  const { limits } = desk
  const envelope = parseEnvelope(body, {
    maxHeaderBytes: limits.max_header_size,
    maxItems: limits.max_items,
  })
  const { headers, items, broken } = envelope
  const parcel = desk.parcel(desk.sender(headers['dsn']))
  const eventId = readEventId(headers['event_id'])
  const sentAtMs = typeof headers['sent_at'] === 'string' ? Date.parse(headers['sent_at']) : NaN
  const world = desk.items(parcel, {
    ...(eventId !== undefined && { eventId }),
    ...(Number.isFinite(sentAtMs) && { sentAtMs }),
  })
  for (const item of items) takeItem(item, parcel, world)
  takeCrash(parcel, desk, envelope)
  noteBroken(parcel, envelope)
  return { parcel, id: parcel.eventId ?? eventId, broken }
}

async function delivered({ parcel, id, broken }: Taken, desk: Desk): Promise<Answer> {
  await desk.deliver(parcel, id)
  if (broken !== undefined && !parcel.limits.isExceeded) {
    // What was whole has been taken; the sender hears of the rest.
    return refused({
      status: parcel.isTooLarge ? 413 : 400,
      message: broken,
      causes: parcel.causes,
      headers: parcel.limits.headers,
    })
  }
  return answerTo(parcel, id === undefined ? {} : { id })
}

function noteBroken(parcel: Parcel, { broken, surplus }: Envelope): void {
  if (broken !== undefined) parcel.invalid('unknown', broken)
  if (surplus > 0) parcel.discard('too_large', 'max_items', 'unknown', surplus)
}

/** A crash that came as a dump alone is an event too. */
function takeCrash(parcel: Parcel, desk: Desk, { headers }: Envelope): void {
  if (parcel.eventId !== undefined) return
  const native = nativeEvent(parcel.files)
  const isDump = ({ type }: { type: string }) =>
    type === 'event.minidump' || type === 'event.applecrashreport'
  const dump = parcel.files.find(isDump)
  if (!native && !dump) return
  parcel.drop(({ name }) => isNativeFile(name))
  const eventId = readEventId(headers['event_id'])
  takeRawEvent(
    crashEvent(new Map(), native, dump?.bytes),
    parcel,
    desk.items(parcel, eventId === undefined ? {} : { eventId }),
  )
}

async function takeStore(incoming: Incoming, body: Uint8Array, desk: Desk): Promise<Answer> {
  const { contentType } = incoming.headers
  if (/^application\/x-sentry-envelope\b/i.test(contentType)) {
    return await takeEnvelope(incoming, body, desk)
  }
  const parcel = desk.parcel(desk.sender())
  const { max_event_size: maxBytes } = desk.limits
  const given = incoming.isGet ? Buffer.from(desk.query.get('sentry_data') ?? '') : body
  if (given.length === 0) throw malformed('there is no event in the request')
  const text = storeBody(given, maxBytes)
  if (text.length > maxBytes)
    throw tooLarge('the event is larger than errors.limits.max_event_size')
  const raw = jsonOf(text)
  if (!isRecord(raw)) throw malformed('the event is no JSON object')
  takeRawEvent(raw, parcel, desk.items(parcel))
  const id = parcel.eventId
  const answer = await deliverAndAnswer(parcel, id, desk, id === undefined ? {} : { id })
  if (!incoming.isGet || answer.status !== 200) return answer
  return { status: 200, headers: { ...answer.headers, 'content-type': 'image/gif' }, body: '' }
}

async function takeSecurityReport(
  _incoming: Incoming,
  body: Uint8Array,
  desk: Desk,
): Promise<Answer> {
  const parcel = desk.parcel(desk.sender())
  if (body.length > desk.limits.max_event_size) {
    throw tooLarge('the report is larger than errors.limits.max_event_size')
  }
  const events = securityEvents(jsonOf(body), desk.query)
  const world = desk.items(parcel)
  for (const event of events) takeRawEvent(event, parcel, world)
  // Browsers send other kinds of reports to the same place: they are none of ours, and no mistake.
  if (events.length === 0) parcel.unsupported('security report of another kind')
  await desk.deliver(parcel, undefined)
  const answer = answerTo(parcel, {})
  return answer.status === 200 ? { ...answer, body: '' } : answer
}

async function takeMinidump(incoming: Incoming, body: Uint8Array, desk: Desk): Promise<Answer> {
  const parcel = desk.parcel(desk.sender())
  const isBare = Buffer.from(body.subarray(0, 4)).toString('latin1') === 'MDMP'
  const form = isBare
    ? bareDump(body)
    : await readForm(body, incoming.headers.contentType, formLimits(desk))
  const dump = form.files.find(({ field }) => field === 'upload_file_minidump')
  if (!dump) {
    throw malformed('the form has no file upload_file_minidump')
  }
  const written = form.files.map(({ field, bytes }) => ({ name: field, bytes }))
  const raw = crashEvent(form.fields, nativeEvent(written), dump.bytes)
  takeRawEvent(raw, parcel, desk.items(parcel))
  for (const { field, name, contentType, bytes } of form.files) {
    if (isNativeFile(field)) continue
    const type = field === 'upload_file_minidump' ? 'event.minidump' : 'event.attachment'
    if (parcel.allows('attachments')) parcel.file({ name, type, contentType, bytes })
  }
  const id = parcel.eventId ?? desk.newEventId()
  const answer = await deliverAndAnswer(parcel, id, desk, {})
  if (answer.status !== 200) return answer
  return {
    ...answer,
    headers: { ...answer.headers, 'content-type': 'text/plain; charset=utf-8' },
    body: hyphenated(id),
  }
}

/** Crash reporters that post the dump and nothing else. */
const bareDump = (body: Uint8Array) => ({
  fields: new Map<string, string>(),
  files: [
    {
      field: 'upload_file_minidump',
      name: 'minidump.dmp',
      contentType: 'application/x-dmp',
      bytes: Buffer.from(body),
    },
  ],
})

async function takeUnreal(_incoming: Incoming, body: Uint8Array, desk: Desk): Promise<Answer> {
  const parcel = desk.parcel(desk.sender())
  if (body.length === 0) throw malformed('the crash report is empty')
  if (body.length > desk.limits.max_attachment_size) {
    throw tooLarge('the crash report is larger than errors.limits.max_attachment_size')
  }
  const environment = desk.query.get('AppEnvironment')
  const user = desk.query.get('UserID')
  const raw = {
    platform: 'native',
    level: 'fatal',
    ...(environment && { environment }),
    ...(user && { user: { id: user } }),
    exception: {
      values: [
        {
          type: 'Unreal Engine crash',
          value: 'the report is attached',
          mechanism: { type: 'unreal', handled: false, synthetic: true },
        },
      ],
    },
  }
  takeRawEvent(raw, parcel, desk.items(parcel))
  if (parcel.allows('attachments')) {
    parcel.file({
      name: 'unreal.ue4crash',
      type: 'unreal.crash',
      contentType: 'application/octet-stream',
      bytes: body,
    })
  }
  const id = parcel.eventId ?? desk.newEventId()
  const answer = await deliverAndAnswer(parcel, id, desk, {})
  if (answer.status !== 200) return answer
  return {
    ...answer,
    headers: { ...answer.headers, 'content-type': 'text/plain; charset=utf-8' },
    body: hyphenated(id),
  }
}

async function takeAttachments(incoming: Incoming, body: Uint8Array, desk: Desk): Promise<Answer> {
  const parcel = desk.parcel(desk.sender())
  const eventId = readEventId(incoming.path.event)
  if (eventId === undefined) throw malformed('the event id in the path has 32 hex characters')
  const { files } = await readForm(body, incoming.headers.contentType, formLimits(desk))
  for (const { name, contentType, bytes } of files) {
    const type = 'event.attachment'
    if (parcel.allows('attachments')) parcel.file({ name, type, contentType, bytes })
  }
  await desk.deliver(parcel, eventId)
  const answer = answerTo(parcel, {})
  return answer.status === 200 ? { ...answer, status: 201 } : answer
}

/** What a user wrote into the dialog of `showReportDialog`, as a form. */
async function takeDialog(incoming: Incoming, body: Uint8Array, desk: Desk): Promise<Answer> {
  const dsn = desk.query.get('dsn')
  const sender = desk.sender(dsn ?? undefined)
  const eventId = readEventId(desk.query.get('eventId') ?? undefined)
  if (eventId === undefined) throw malformed('eventId has to be the id of an event')
  if (body.length > desk.limits.max_small_item_size) {
    throw tooLarge('the form is larger than errors.limits.max_small_item_size')
  }
  const { contentType } = incoming.headers
  const isMultipart = /^multipart\/form-data\b/i.test(contentType)
  const form = isMultipart
    ? (await readForm(body, contentType, formLimits(desk))).fields
    : new URLSearchParams(Buffer.from(body).toString())
  const missing = ['name', 'email', 'comments'].filter((name) => !form.get(name)?.trim())
  if (missing.length > 0) {
    const errors = Object.fromEntries(missing.map((name) => [name, ['This field is required.']]))
    return json(400, { errors })
  }
  const parcel = desk.parcel(sender)
  if (parcel.allows('feedback')) {
    takeFeedback(parcel, desk.items(parcel), 'dialog', eventId, {
      name: form.get('name') ?? null,
      email: form.get('email') ?? null,
      message: form.get('comments') ?? null,
    })
  }
  return await deliverAndAnswer(parcel, eventId, desk, {})
}

const formLimits = ({ limits }: Desk) => ({
  maxFileBytes: limits.max_attachment_size,
  maxFiles: Math.max(1, limits.max_attachments),
  maxFieldBytes: limits.max_event_size,
})

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return readJson(bytes).value
  } catch {
    throw malformed('the body is no JSON')
  }
}
