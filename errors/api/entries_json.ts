import type {
  Breadcrumb,
  Frame,
  SentryEvent,
  SentryException,
  SentryRequest,
  SentryThread,
  Stacktrace,
} from '../event/sentry_event.ts'
import type { JsonRecord, JsonValue } from '../../store/search.ts'

/** What of an event is shown one below the other, in Sentry's order and names. */
export function entriesOf(event: SentryEvent): { type: string; part: string; data: JsonRecord }[] {
  const entries: { type: string; part: string; data: JsonRecord }[] = []
  const add = (type: string, part: string, data: JsonRecord | undefined) => {
    if (data) entries.push({ type, part, data })
  }
  add('message', 'logentry', event.logentry && messageJson(event.logentry))
  add('exception', 'exception', event.exception && exceptionsJson(event.exception.values))
  add('threads', 'threads', event.threads && { values: event.threads.values.map(threadJson) })
  add('stacktrace', 'stacktrace', event.stacktrace && stacktraceJson(event.stacktrace))
  add('template', 'template', event.template)
  for (const type of ['csp', 'hpkp', 'expectct', 'expectstaple'] as const) {
    add(type, type, event[type])
  }
  add(
    'breadcrumbs',
    'breadcrumbs',
    event.breadcrumbs && {
      values: event.breadcrumbs.values.map(breadcrumbJson),
    },
  )
  add('request', 'request', event.request && requestJson(event.request))
  add('debugmeta', 'debug_meta', event.debug_meta as JsonRecord | undefined)
  return entries
}

const messageJson = ({ message, params, formatted }: NonNullable<SentryEvent['logentry']>) => ({
  formatted,
  message: message ?? null,
  params: params ?? null,
})

function exceptionsJson(values: readonly SentryException[]): JsonRecord {
  return {
    values: values.map((exception): JsonRecord => ({
      type: exception.type ?? null,
      value: exception.value ?? null,
      module: exception.module ?? null,
      threadId: exception.thread_id ?? null,
      mechanism: (exception.mechanism as JsonRecord | undefined) ?? null,
      stacktrace: stacktraceOrNull(exception.stacktrace),
      rawStacktrace: stacktraceOrNull(exception.raw_stacktrace),
    })),
    hasSystemFrames: values.some(({ stacktrace }) => hasSystemFrames(stacktrace)),
    excOmitted: null,
  }
}

const threadJson = (thread: SentryThread): JsonRecord => ({
  id: thread.id ?? null,
  name: thread.name ?? null,
  crashed: thread.crashed ?? false,
  current: thread.current ?? false,
  stacktrace: stacktraceOrNull(thread.stacktrace),
  rawStacktrace: stacktraceOrNull(thread.raw_stacktrace),
})

const stacktraceOrNull = (trace: Stacktrace | undefined) => (trace ? stacktraceJson(trace) : null)

const hasSystemFrames = (trace: Stacktrace | undefined): boolean =>
  trace?.frames.some((frame) => frame.in_app !== true) ?? false

const stacktraceJson = (trace: Stacktrace): JsonRecord => ({
  frames: trace.frames.map(frameJson),
  framesOmitted: null,
  registers: trace.registers ?? null,
  hasSystemFrames: hasSystemFrames(trace),
})

function frameJson(frame: Frame): JsonRecord {
  return {
    filename: frame.filename ?? null,
    absPath: frame.abs_path ?? null,
    module: frame.module ?? null,
    package: frame.package ?? null,
    platform: frame.platform ?? null,
    instructionAddr: frame.instruction_addr ?? null,
    symbolAddr: frame.symbol_addr ?? null,
    function: frame.function ?? null,
    rawFunction: frame.raw_function ?? null,
    symbol: frame.symbol ?? null,
    context: contextOf(frame),
    lineNo: frame.lineno ?? null,
    colNo: frame.colno ?? null,
    inApp: frame.in_app ?? false,
    vars: frame.vars ?? null,
    trust: null,
    errors: null,
    // What became of its source map; Weir's own.
    data: frame.data ?? null,
    map: (frame.data?.['sourcemap'] as JsonValue | undefined) ?? null,
  }
}

/** `[[line, text], …]` around the line of the frame. */
export function contextOf(frame: Frame): [number, string][] {
  const { lineno, context_line: line, pre_context: before = [], post_context: after = [] } = frame
  if (line === undefined || lineno === undefined) return []
  const firstLine = lineno - before.length
  return [...before, line, ...after].map((text, place) => [firstLine + place, text])
}

const breadcrumbJson = (crumb: Breadcrumb): JsonRecord => ({
  type: crumb.type,
  timestamp: secondsToIso(crumb.timestamp),
  level: crumb.level ?? 'info',
  message: crumb.message ?? null,
  category: crumb.category ?? null,
  data: crumb.data ?? null,
  event_id: crumb.event_id ?? null,
})

function secondsToIso(seconds: number | undefined): string | null {
  if (seconds === undefined || !(Math.abs(seconds) < 8.64e12)) return null
  return new Date(seconds * 1000).toISOString()
}

const requestJson = (request: SentryRequest): JsonRecord => ({
  url: request.url ?? null,
  method: request.method ?? null,
  data: request.data ?? null,
  query: request.query_string ?? [],
  fragment: request.fragment ?? null,
  cookies: request.cookies ?? [],
  headers: request.headers ?? [],
  env: request.env ?? null,
  inferredContentType: request.inferred_content_type ?? null,
  apiTarget: null,
})
