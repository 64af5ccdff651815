import type { JsonRecord, JsonValue } from '../../store/search.ts'
import { why } from '../digest/sampling.ts'
import type { Frame, SentryEvent } from '../event/sentry_event.ts'
import { groupingInfo } from '../grouping/info.ts'
import type { GroupingRules } from '../grouping/rules.ts'
import type { Explanation } from '../symbolicate/symbolicator.ts'

/** What is stored of an event, as the digest thread hands it over (`web.eventWhole`). */
export interface StoredEvent {
  readonly event: SentryEvent
  readonly eventId: string
  readonly project: string
  readonly issue: { readonly id: string; readonly shortId: string; readonly title: string }
  /** By which it was grouped, and all that lead to its issue. */
  readonly hash: string
  readonly hashes: readonly string[]
  readonly version: string
  readonly why: number
  readonly bytes: number
  readonly counts: { readonly events: number; readonly kept: number }
}

/** Why an event is where and how it is: its group, its source maps, what was removed of it, why it was kept. */
export function explained(
  stored: StoredEvent,
  rules: GroupingRules,
  maps: Explanation,
): JsonRecord {
  const { event, hash, hashes, version, counts, bytes } = stored
  return {
    eventID: stored.eventId,
    project: stored.project,
    issue: { ...stored.issue },
    grouping: { version, hash, variants: groupingInfo(event, rules, hashes) },
    sourceMaps: framesOf(event),
    sourceMapSummary: { ...maps, unmapped: maps.unmapped.map((each) => ({ ...each })) },
    scrubbing: removedOf(event._meta ?? {}),
    sampling: {
      because: Object.entries(why).flatMap(([name, bit]) => (stored.why & bit ? [name] : [])),
      bytes,
      events: counts.events,
      keptEvents: counts.kept,
    },
  }
}

/** Frames that source maps could say something of: where each is, and what it was mapped by, or why not. */
function framesOf(event: SentryEvent): JsonRecord[] {
  const traces = [
    ...(event.exception?.values ?? []).map(({ type, stacktrace }) => ({
      of: type ?? 'Error',
      stacktrace,
    })),
    ...(event.threads?.values ?? []).map(({ name, id, stacktrace }) => ({
      of: `thread ${name ?? id ?? ''}`.trim(),
      stacktrace,
    })),
    { of: 'event', stacktrace: event.stacktrace },
  ]
  return traces.flatMap(({ of, stacktrace }) =>
    (stacktrace?.frames ?? []).flatMap((frame, place) => frameJson(frame, of, place)),
  )
}

function frameJson(frame: Frame, of: string, place: number): JsonRecord[] {
  const { sourcemap, symbolicated, unmapped } = frame.data ?? {}
  if (sourcemap === undefined && symbolicated === undefined && unmapped === undefined) return []
  return [
    {
      of,
      frame: place,
      function: frame.function ?? null,
      filename: frame.filename ?? frame.abs_path ?? null,
      line: frame.lineno ?? null,
      column: frame.colno ?? null,
      mapped: unmapped === undefined,
      sourceMap: sourcemap ?? null,
      because: unmapped ?? null,
    },
  ]
}

/** What `_meta` says was cut or removed, by the path of the value. */
export function removedOf(meta: JsonRecord): JsonRecord[] {
  const found: JsonRecord[] = []
  const walk = (node: JsonRecord, path: readonly string[]) => {
    for (const [key, child] of Object.entries(node)) {
      if (!isRecord(child)) continue
      if (key !== '') walk(child, [...path, key])
      else if (found.length < mostMarks) found.push(...remarksOf(child, path.join('.')))
    }
  }
  walk(meta, [])
  return found
}

const mostMarks = 1_000
const kinds: Readonly<Record<string, string>> = {
  s: 'replaced',
  x: 'removed',
  m: 'masked',
  p: 'replaced by a hash',
  a: 'noted',
}

function remarksOf(mark: JsonRecord, path: string): JsonRecord[] {
  const remarks = Array.isArray(mark['rem']) ? mark['rem'] : []
  const length = typeof mark['len'] === 'number' ? { length: mark['len'] } : {}
  const shown = remarks.flatMap((remark): JsonRecord[] => {
    if (!Array.isArray(remark)) return []
    const [rule, kind] = remark
    return [{ path, rule: String(rule), what: kinds[String(kind)] ?? String(kind), ...length }]
  })
  if (shown.length > 0) return shown
  return 'length' in length ? [{ path, rule: '!limit', what: 'cut', ...length }] : []
}

const isRecord = (value: JsonValue | undefined): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
