import type { JsonRecord } from '../../store/search.ts'
import { readEventId } from '../event/event_id.ts'
import { configProblem } from '../monitors/check_in.ts'
import { answerTo, type Desk } from './desk.ts'
import type { Incoming } from './incoming.ts'
import { isRecord, readJson } from './json_text.ts'
import { knownCheckIn } from './known_fields.ts'
import { type Answer, malformed, tooLarge } from './refusal.ts'

const statuses = ['ok', 'in_progress', 'error'] as const
/** Means the check-in that is in progress, as Sentry has it (develop.sentry.dev/sdk/telemetry/check-ins). */
const latest = '0'.repeat(32)

/** `/api/<id>/cron/<slug>/<key>/`: a check-in of a job, as `curl` sends it. @throws IngestRefusal 400, 413 */
export async function takeCheckIn(
  { headers, path }: Incoming,
  body: Uint8Array,
  desk: Desk,
): Promise<Answer> {
  if (body.length > desk.limits.max_small_item_size)
    throw tooLarge('the check-in is larger than errors.limits.max_small_item_size')
  const parcel = desk.parcel(desk.sender())
  const said = { ...Object.fromEntries(desk.query), ...saidBy(body, headers.contentType) }
  const checkIn = checkInOf(path.monitor ?? '', said, () => desk.newEventId())
  const { redact } = desk.items(parcel)
  if (parcel.allows('check_ins'))
    parcel.report({ kind: 'check_in', body: knownCheckIn(checkIn, redact) })
  await desk.deliver(parcel, undefined)
  const { check_in_id: id } = checkIn
  return answerTo(parcel, id === latest ? {} : { id })
}

/**
 * What a body says, which stands before the query, as it does for Sentry: a JSON object, whatever `curl -d` calls it,
 * or a form.
 *
 * @throws IngestRefusal 400 for what is meant to be JSON and is none.
 */
function saidBy(body: Uint8Array, contentType: string): JsonRecord {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString().trim()
  if (text === '') return {}
  if (!/^application\/json\b/i.test(contentType) && !text.startsWith('{'))
    return Object.fromEntries(new URLSearchParams(text))
  let value: unknown
  try {
    ;({ value } = readJson(body))
  } catch {
    value = undefined
  }
  if (!isRecord(value)) throw malformed('the body of the check-in is no JSON object')
  return value
}

/**
 * @param said `status`, and as they are there `check_in_id`, `duration` (seconds), `environment`, `monitor_config` and
 *   `contexts`.
 * @throws IngestRefusal 400 for what would be another check-in than the job meant.
 */
function checkInOf(slug: string, said: JsonRecord, newId: () => string): JsonRecord {
  const { status, monitor_config: config, duration } = said
  const expected = `one of ${statuses.join(', ')}`
  if (status === undefined || status === '')
    throw malformed(`the check-in has no status: ${expected}, as ?status=ok or in the body`)
  if (!statuses.some((known) => known === status))
    throw malformed(`the status of a check-in is ${expected}`)
  const problem = configProblem(config)
  if (problem !== undefined) throw malformed(problem)
  const seconds = typeof duration === 'string' && duration !== '' ? Number(duration) : duration
  return {
    ...said,
    check_in_id: idOf(said, () => (status === 'in_progress' ? newId() : latest)),
    monitor_slug: slug,
    ...(typeof seconds === 'number' && { duration: Number.isFinite(seconds) ? seconds : null }),
  }
}

function idOf({ check_in_id: given }: JsonRecord, otherwise: () => string): string {
  if (given === undefined || given === null || given === '') return otherwise()
  const id = readEventId(given)
  if (id === undefined) throw malformed('the check_in_id has 32 hex characters')
  return id
}
