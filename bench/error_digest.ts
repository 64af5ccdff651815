import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { openDatabase } from '../errors/database/open.ts'
import { digestConfig } from '../errors/digest/config.ts'
import { Digestion } from '../errors/digest/digestion.ts'
import { summarise } from '../errors/digest/summarise.ts'
import { eventBounds } from '../errors/event/bounds.ts'
import { normalise } from '../errors/event/normalise.ts'
import { group } from '../errors/grouping/group.ts'
import { groupingRules } from '../errors/grouping/rules.ts'
import { encodeReport } from '../errors/reports.ts'
import type { JsonRecord } from '../store/search.ts'
import { Envelopes, type EventSize } from './errors_events.ts'

/**
 * What digesting one error report costs, and what making it ready for that does where it is accepted: microseconds of one core.
 * `bin/node bench/error_digest.ts [--events 6000] [--size 20kb] [--issues 1000] [--unit 500] [--summaries no]`; the first half warms up.
 * Without summaries the digest reads and groups each event itself, as it does with lines of earlier versions.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '6000' },
    size: { type: 'string', default: '20kb' },
    issues: { type: 'string', default: '1000' },
    unit: { type: 'string', default: '500' },
    summaries: { type: 'string', default: 'yes' },
  },
})
const events = Number(values.events)
const unit = Number(values.unit)
/** Events of one read of the journal. */
const chunk = 100

/** Microseconds of CPU that this thread has used: a busy machine shows the same. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

const folder = mkdtempSync(join(tmpdir(), 'weir-digest-'))
const { database } = openDatabase(join(folder, 'errors.sqlite'), Date.now())
const rules = groupingRules()
let kept = 0
const digestion = new Digestion(database, digestConfig.parse({}), undefined, {
  group: (_project, event) => group(event, rules),
  rulesOf: () => rules.id,
  symbolicator: {
    prepare: async () => undefined,
    apply: () => undefined,
    hasUploads: () => false,
  },
  slugOf: () => 'shop',
  nowMs: () => Date.now(),
  count: () => undefined,
  onDigested: (isKept) => void (kept += isKept ? 1 : 0),
  onUndigestible: (failure) => {
    throw failure
  },
})

const envelopes = new Envelopes({
  size: values.size as EventSize,
  issues: Number(values.issues),
  unique: 0.01,
})
const bounds = eventBounds.parse({})
const spent = { group: 0, encode: 0, prepare: 0, digest: 0, commit: 0 }
const startMs = Date.now()
let bytes = 0
let ordinal = 0

function linesOf(count: number, atMs: number) {
  return Array.from({ length: count }, () => {
    const text = gunzipSync(envelopes.next(atMs)).toString()
    const raw = JSON.parse(text.split('\n')[2]!) as JsonRecord
    const event = normalise(raw, { receivedMs: atMs, newEventId: () => '0'.repeat(32), bounds })
    const began = cpu()
    const summary = summarise(event, group(event, rules), rules.id)
    const grouped = cpu()
    const line = encodeReport({
      kind: 'event',
      project: 1,
      key: 'k'.repeat(32),
      received_ms: atMs,
      event_id: event.event_id,
      ...(values.summaries === 'yes' && { summary }),
      event,
    })
    spent.group += grouped - began
    spent.encode += cpu() - grouped
    bytes += line.length
    return { place: { segment: 'a', ordinal: ordinal++ }, bytes: Buffer.from(line.trimEnd()) }
  })
}

for (let done = 0; done < events; done += chunk) {
  if (done === events / 2) {
    for (const key of Object.keys(spent)) spent[key as keyof typeof spent] = 0
    kept = 0
    bytes = 0
  }
  // As at 1,500 a second.
  const lines = linesOf(chunk, startMs + Math.round((done * 1000) / 1500))
  const began = cpu()
  const prepared = await digestion.prepare(lines)
  const ready = cpu()
  digestion.digest(prepared)
  const digested = cpu()
  if ((done + chunk) % unit === 0) {
    digestion.commit({ errors: { segment: 'a', ordinal } })
    digestion.outbox.sent(Number.MAX_SAFE_INTEGER)
  }
  spent.prepare += ready - began
  spent.digest += digested - ready
  spent.commit += cpu() - digested
}
const half = events / 2
const each = Object.entries(spent).map(([key, us]) => `${key} ${(us / half).toFixed(0)}`)
process.stdout.write(
  `${(bytes / half / 1e3).toFixed(1)} kB a line, ${((kept * 100) / half).toFixed(0)} % kept: µs an event: ${each.join(', ')}\n`,
)
rmSync(folder, { recursive: true })
