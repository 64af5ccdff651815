import { bag } from './bag.ts'
import type { EventBounds } from './bounds.ts'
import type { Findings } from './findings.ts'
import { readStacktrace } from './frames.ts'
import { flag, isEmpty, isRecord, scalarText, text, valuesOf } from './reading.ts'
import type { Raw } from './reading.ts'
import type { SentryThread } from './sentry_event.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'

/** Threads as they came; of too many the crashed and the current ones, and the first. */
export function readThreads(findings: Findings, value: Raw, bounds: EventBounds): SentryThread[] {
  const list = valuesOf(value)
  if (list === undefined) {
    if (!isEmpty(value) && !isRecord(value)) findings.invalid('threads', value, 'threads')
    return []
  }
  const threads: SentryThread[] = []
  findings.enter('threads')
  const kept = list.length > bounds.max_threads ? mostTelling(list, bounds.max_threads) : list
  if (kept !== list) findings.marks.remark('values', undefined, list.length)
  findings.enter('values')
  for (const raw of kept) {
    findings.enter(threads.length)
    if (isRecord(raw)) threads.push(readThread(findings, raw, bounds))
    else if (raw !== null) findings.invalid('id', raw, 'a thread')
    findings.leave()
  }
  findings.leave()
  findings.leave()
  return threads
}

function mostTelling(list: readonly JsonValue[], most: number): JsonValue[] {
  const telling = (raw: JsonValue): boolean =>
    isRecord(raw) && (raw['crashed'] === true || raw['current'] === true)
  let room = Math.max(0, most - list.filter(telling).length)
  return list.filter((raw) => telling(raw) || room-- > 0).slice(0, most)
}

function readThread(findings: Findings, raw: JsonRecord, bounds: EventBounds): SentryThread {
  const thread: SentryThread = {}
  const { id } = raw
  if (typeof id === 'number') thread.id = id
  else {
    const name = scalarText(findings, raw, 'id', 128)
    if (name !== undefined) thread.id = name
  }
  const name = text(findings, raw, 'name', 1_024)
  if (name !== undefined) thread.name = name
  for (const key of ['crashed', 'current', 'main'] as const) {
    const read = flag(findings, raw, key)
    if (read !== undefined) thread[key] = read
  }
  const state = text(findings, raw, 'state', 128)
  if (state !== undefined) thread['state'] = state
  const locks = bag(findings, 'held_locks', raw['held_locks'], 3, 4_096)
  if (locks !== undefined) thread['held_locks'] = locks
  const stacktrace = readStacktrace(findings, 'stacktrace', raw['stacktrace'], bounds)
  if (stacktrace !== undefined) thread.stacktrace = stacktrace
  const before = readStacktrace(findings, 'raw_stacktrace', raw['raw_stacktrace'], bounds)
  if (before !== undefined) thread.raw_stacktrace = before
  return thread
}
