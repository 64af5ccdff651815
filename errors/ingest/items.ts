import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { readEventId } from '../event/event_id.ts'
import { configProblem, readCheckIn } from '../monitors/check_in.ts'
import type { EnvelopeItem } from './envelope.ts'
import { isRecord, readJson, type ReadJson, textOf } from './json_text.ts'
import { knownCheckIn, knownSession } from './known_fields.ts'
import { takeLogItems } from './log_items.ts'
import type { Parcel } from './parcel.ts'
import { securityEvents } from './security.ts'

export interface ItemLimits {
  readonly max_event_size: number
  readonly max_attachment_size: number
  readonly max_attachments: number
  readonly max_small_item_size: number
  readonly max_sessions: number
  readonly max_logs_size: number
  readonly max_logs: number
}

export interface ItemWorld {
  readonly limits: ItemLimits
  readonly query: URLSearchParams
  /** As `readJson`; only `takeEvent` may look into it. @throws SyntaxError */
  readonly readEvent: (payload: Uint8Array) => ReadJson
  /** Normalises and scrubs what an SDK sent as an event, and takes it as the parcel's. */
  readonly takeEvent: (raw: JsonRecord) => void
  /** Hides secrets in a text, by its name. */
  readonly redact: (name: string, text: string) => string
  readonly onRepaired: () => void
}

type TakeItem = (item: EnvelopeItem, parcel: Parcel, world: ItemWorld) => void

/** What is done with an item, by its type; all others are dropped, and their SDKs told so. */
const items: Readonly<Record<string, TakeItem>> = {
  event: (item, parcel, world) => {
    if (parcel.eventId !== undefined) return parcel.invalid('error', 'an envelope has one event')
    const raw = record(item, parcel, world, 'error', 'max_event_size', world.readEvent)
    if (!raw) return
    takeRawEvent(raw, parcel, world)
  },
  attachment: takeAttachment,
  user_report: (item, parcel, world) => {
    const report = record(item, parcel, world, 'feedback', 'max_small_item_size')
    if (!report || !parcel.allows('feedback')) return
    const eventId = readEventId(report['event_id'])
    if (eventId === undefined && !textOf(report['comments'], 1) && !textOf(report['name'], 1)) {
      return parcel.invalid('feedback', 'a user report has no event_id, comments or name')
    }
    takeFeedback(parcel, world, 'user_report', eventId, {
      name: report['name'],
      email: report['email'],
      message: report['comments'],
    })
  },
  feedback: (item, parcel, world) => {
    const raw = record(item, parcel, world, 'feedback', 'max_event_size')
    const contexts = isRecord(raw?.['contexts']) ? raw['contexts'] : undefined
    const given = isRecord(contexts?.['feedback']) ? contexts['feedback'] : undefined
    if (!raw) return
    if (!given) return parcel.invalid('feedback', 'a feedback has no contexts.feedback')
    if (!parcel.allows('feedback')) return
    takeFeedback(parcel, world, 'feedback', readEventId(given['associated_event_id']), {
      name: given['name'],
      email: given['contact_email'],
      message: given['message'],
      url: given['url'],
    })
  },
  client_report: takeClientReport,
  session: (item, parcel, world) => takeSession('session', item, parcel, world),
  sessions: (item, parcel, world) => takeSession('sessions', item, parcel, world),
  check_in: takeCheckIn,
  raw_security: takeSecurity,
  security: takeSecurity,
  log: takeLogs,
}

/** Takes one item of an envelope. Whatever is wrong with it costs only itself. */
export function takeItem(item: EnvelopeItem, parcel: Parcel, world: ItemWorld): void {
  const take = Object.hasOwn(items, item.type) ? items[item.type] : undefined
  if (take) take(item, parcel, world)
  else parcel.unsupported(item.type === '' ? 'without a type' : item.type)
}

/** An event as an SDK sent it; a transaction is none, wherever it comes. */
export function takeRawEvent(raw: JsonRecord, parcel: Parcel, world: ItemWorld): void {
  if (raw['type'] === 'transaction') return parcel.unsupported('transaction')
  if (parcel.allows('errors')) world.takeEvent(raw)
}

/** The JSON object of an item; undefined, and told, for what is too large or none. */
function record(
  { payload, type }: EnvelopeItem,
  parcel: Parcel,
  world: ItemWorld,
  category: string,
  option: 'max_event_size' | 'max_small_item_size',
  read: (payload: Uint8Array) => ReadJson = readJson,
): JsonRecord | undefined {
  const maxBytes = world.limits[option]
  if (payload.length > maxBytes) {
    parcel.tooLarge(category, option, maxBytes)
    return undefined
  }
  const value = valueOf(payload, world, read)
  if (isRecord(value)) return value
  parcel.invalid(category, `the payload of an item of type ${type} is no JSON object`)
  return undefined
}

function valueOf(payload: Uint8Array, world: ItemWorld, read = readJson): JsonValue | undefined {
  try {
    const { value, isRepaired } = read(payload)
    if (isRepaired) world.onRepaired()
    return value
  } catch {
    return undefined
  }
}

function takeAttachment({ headers, payload }: EnvelopeItem, parcel: Parcel, world: ItemWorld) {
  const { max_attachment_size: maxBytes, max_attachments: max } = world.limits
  if (payload.length > maxBytes) {
    return parcel.tooLarge('attachment', 'max_attachment_size', maxBytes)
  }
  if (parcel.files.length >= max) {
    return parcel.invalid('attachment', `an envelope has at most ${max} attachments`)
  }
  if (!parcel.allows('attachments')) return
  parcel.file({
    name: textOf(headers['filename'], 255) ?? 'unnamed',
    type: textOf(headers['attachment_type'], 64) ?? 'event.attachment',
    contentType: textOf(headers['content_type'], 128) ?? 'application/octet-stream',
    bytes: payload,
  })
}

interface GivenFeedback {
  readonly name?: unknown
  readonly email?: unknown
  readonly message?: unknown
  readonly url?: unknown
}

/** What a user says of an error, from wherever it comes. */
export function takeFeedback(
  parcel: Parcel,
  { redact }: Pick<ItemWorld, 'redact'>,
  source: string,
  eventId: string | undefined,
  given: GivenFeedback,
): void {
  const name = textOf(given.name, 128)
  const email = textOf(given.email, 128)
  const url = textOf(given.url, 2_048)
  const message = textOf(given.message, 8_192) ?? ''
  parcel.report({
    kind: 'feedback',
    ...(eventId !== undefined && { event_id: eventId }),
    feedback: {
      ...(name !== undefined && { name: redact('name', name) }),
      ...(email !== undefined && { email: redact('email', email) }),
      message: redact('message', message),
      ...(url !== undefined && { url: redact('url', url) }),
      source,
    },
  })
}

/** What the SDK itself left out: counted for its users to see. */
function takeClientReport(item: EnvelopeItem, parcel: Parcel, world: ItemWorld): void {
  const report = record(item, parcel, world, 'internal', 'max_small_item_size')
  const lists = ['discarded_events', 'rate_limited_events', 'filtered_events'].map(
    (name) => report?.[name],
  )
  for (const discarded of lists.flatMap((list) => (Array.isArray(list) ? list : []))) {
    if (!isRecord(discarded)) continue
    const { quantity } = discarded
    const amount = typeof quantity === 'number' && quantity > 0 ? Math.floor(quantity) : 0
    if (amount === 0 || !Number.isSafeInteger(amount)) continue
    const reason = textOf(discarded['reason'], 64) ?? 'unknown'
    parcel.discard('sdk', reason, textOf(discarded['category'], 64) ?? 'default', amount)
  }
}

/** A schedule that is not understood costs only itself: that the job ran is worth knowing. */
function takeCheckIn(item: EnvelopeItem, parcel: Parcel, world: ItemWorld): void {
  const body = record(item, parcel, world, 'monitor', 'max_small_item_size')
  if (!body) return
  if (!readCheckIn(body))
    return parcel.invalid(
      'monitor',
      'a check-in has a monitor_slug, and the status ok, in_progress or error',
    )
  if (!parcel.allows('check_ins')) return
  const problem = configProblem(body['monitor_config'])
  if (problem !== undefined) parcel.repaired('monitor_config', problem, 'monitor_config_invalid')
  parcel.report({ kind: 'check_in', body: knownCheckIn(body, world.redact) })
}

function takeSession(
  kind: 'session' | 'sessions',
  item: EnvelopeItem,
  parcel: Parcel,
  world: ItemWorld,
): void {
  const body = record(item, parcel, world, 'session', 'max_small_item_size')
  if (!body || parcel.sessionCount >= world.limits.max_sessions) {
    if (body)
      parcel.invalid('session', `an envelope has at most ${world.limits.max_sessions} sessions`)
    return
  }
  if (!parcel.allows('sessions')) return
  parcel.sessionCount += 1
  parcel.report({ kind, body: knownSession(body, world.redact) })
}

function takeSecurity({ payload }: EnvelopeItem, parcel: Parcel, world: ItemWorld): void {
  const { max_event_size: maxBytes } = world.limits
  if (payload.length > maxBytes) return parcel.tooLarge('security', 'max_event_size', maxBytes)
  const [event] = securityEvents(valueOf(payload, world), world.query)
  if (event) takeRawEvent(event, parcel, world)
  else parcel.invalid('security', 'this is no security report that is known here')
}

function takeLogs({ headers, payload }: EnvelopeItem, parcel: Parcel, world: ItemWorld): void {
  const { max_logs_size: maxBytes, max_logs: max } = world.limits
  const { item_count: count } = headers
  // Of what is not read its header says how many they are. The shortest takes three bytes.
  const most = Math.max(1, Math.floor(payload.length / 3))
  const items = Number.isSafeInteger(count) ? Math.min(Math.max(Number(count), 1), most) : 1
  const bytes = Math.max(1, payload.length)
  if (payload.length > maxBytes) {
    parcel.tooLarge('log_item', 'max_logs_size', maxBytes, items)
    return parcel.discard('too_large', 'max_logs_size', 'log_byte', bytes)
  }
  const container = valueOf(payload, world)
  const list = isRecord(container) ? container['items'] : undefined
  if (Array.isArray(list)) return takeLogItems(list, parcel, max, world.redact)
  const why = 'a log container has no items'
  parcel.invalid('log_item', why, items)
  parcel.discard('invalid', why, 'log_byte', bytes)
}
