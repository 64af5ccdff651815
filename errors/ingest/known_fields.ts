import type { JsonRecord } from '../../store/search.ts'
import { isRecord } from './json_text.ts'

/** Of what SDKs send beside events the fields that something is made of: nothing else of it is kept. */

type Redact = (name: string, text: string) => string

/** A check-in (errors/monitors/check_in.ts reads it). */
export function knownCheckIn(body: JsonRecord, redact: Redact): JsonRecord {
  const { monitor_slug: slug, contexts, monitor_config: config } = body
  const trace = isRecord(contexts) && isRecord(contexts['trace']) ? contexts['trace'] : undefined
  return {
    ...(typeof slug === 'string' && { monitor_slug: redact('message', slug.slice(0, textMax)) }),
    ...pick(body, ['check_in_id', 'status', 'duration', 'release', 'environment']),
    ...(trace && { contexts: { trace: pick(trace, ['trace_id']) } }),
    ...(isRecord(config) && { monitor_config: knownMonitor(config) }),
  }
}

function knownMonitor(config: JsonRecord): JsonRecord {
  const { schedule } = config
  return {
    ...pick(config, monitorFields),
    ...(isRecord(schedule) && { schedule: pick(schedule, ['type', 'value', 'unit']) }),
  }
}

const monitorFields = [
  'timezone',
  'checkin_margin',
  'max_runtime',
  'failure_issue_threshold',
  'recovery_threshold',
] as const

/** An update of a session, or aggregates (errors/digest/sessions.ts reads them). Of whom it is, `did` says enough. */
export function knownSession(body: JsonRecord, redact: Redact): JsonRecord {
  const { attrs, aggregates } = body
  return {
    ...knownFields(body, sessionFields, redact),
    ...(isRecord(attrs) && { attrs: pick(attrs, ['release', 'environment']) }),
    ...(Array.isArray(aggregates) && {
      aggregates: aggregates.map((each) =>
        isRecord(each) ? knownFields(each, aggregateFields, redact) : {},
      ),
    }),
  }
}

const sessionFields = [
  'sid',
  'seq',
  'timestamp',
  'started',
  'duration',
  'init',
  'status',
  'errors',
] as const
const aggregateFields = ['started', 'exited', 'errored', 'abnormal', 'crashed'] as const

function knownFields(record: JsonRecord, names: readonly string[], redact: Redact): JsonRecord {
  const { did } = record
  const user = typeof did === 'number' ? String(did) : did
  return {
    ...pick(record, names),
    ...(typeof user === 'string' && { did: redact('message', user.slice(0, textMax)) }),
  }
}

const textMax = 200

/** What is text, number or boolean of fields whose values SDKs make. */
function pick(record: JsonRecord, names: readonly string[]): JsonRecord {
  const picked: JsonRecord = {}
  for (const name of names) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined
    if (typeof value === 'string') picked[name] = value.slice(0, textMax).toWellFormed()
    else if (typeof value === 'number' || typeof value === 'boolean') picked[name] = value
  }
  return picked
}
