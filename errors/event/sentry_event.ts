import type { JsonRecord, JsonValue } from '../../store/search.ts'

/**
 * A Sentry event as normalisation leaves it (develop.sentry.dev/sdk/data-model/event-payloads): aliases resolved,
 * types checked, sizes bounded. What is here has the type it says; what is absent was not sent, or was refused with
 * an entry in `errors`. Times are seconds since the epoch.
 */
export interface SentryEvent {
  event_id: string
  timestamp: number
  received: number
  type: EventType
  level: Level
  platform: string
  logger?: string
  /** Route or function in which it happened, as the SDK names it. */
  transaction?: string
  server_name?: string
  release?: string
  dist?: string
  environment?: string
  logentry?: LogEntry
  exception?: { values: SentryException[] }
  threads?: { values: SentryThread[] }
  /** Of an event without exception. */
  stacktrace?: Stacktrace
  template?: JsonRecord
  csp?: JsonRecord
  hpkp?: JsonRecord
  expectct?: JsonRecord
  expectstaple?: JsonRecord
  breadcrumbs?: { values: Breadcrumb[] }
  request?: SentryRequest
  user?: SentryUser
  contexts?: Record<string, JsonRecord>
  /** Pairs in the order they came; no key twice. */
  tags?: [key: string, value: string][]
  extra?: JsonRecord
  modules?: Record<string, string>
  fingerprint?: string[]
  /** Overrides grouping altogether. */
  checksum?: string
  sdk?: { name?: string; version?: string; integrations?: string[]; packages?: JsonRecord[] }
  debug_meta?: { images?: JsonRecord[]; [key: string]: JsonValue | undefined }
  /** What was wrong with the event as it came. */
  errors?: { type: string; name?: string; value?: JsonValue; reason?: string }[]
  /** The SDK's marks of what it cut or removed, and normalisation's and scrubbing's own: mirrors the event's shape. */
  _meta?: JsonRecord
}

export type EventType = 'error' | 'default' | 'csp' | 'hpkp' | 'expectct' | 'expectstaple'
export const levels = ['debug', 'info', 'warning', 'error', 'fatal'] as const
export type Level = (typeof levels)[number]

export interface LogEntry {
  /** With its placeholders; absent when it has none. */
  message?: string
  params?: JsonValue[] | JsonRecord
  /** Params filled in. */
  formatted: string
}

export interface SentryException {
  type?: string
  value?: string
  module?: string
  thread_id?: JsonValue
  mechanism?: Mechanism
  stacktrace?: Stacktrace
  /** As it came, where source maps changed `stacktrace`. */
  raw_stacktrace?: Stacktrace
}

export interface Mechanism {
  type: string
  handled?: boolean
  synthetic?: boolean
  exception_id?: number
  parent_id?: number
  is_exception_group?: boolean
  [key: string]: JsonValue | undefined
}

export interface SentryThread {
  id?: string | number
  name?: string
  crashed?: boolean
  current?: boolean
  main?: boolean
  stacktrace?: Stacktrace
  raw_stacktrace?: Stacktrace
  [key: string]: unknown
}

/** Frames from the outermost to the one that threw. */
export interface Stacktrace {
  frames: Frame[]
  snapshot?: boolean
  registers?: JsonRecord
}

export interface Frame {
  filename?: string
  abs_path?: string
  module?: string
  function?: string
  /** Before the SDK or normalisation shortened it. */
  raw_function?: string
  lineno?: number
  colno?: number
  context_line?: string
  pre_context?: string[]
  post_context?: string[]
  in_app?: boolean
  vars?: JsonRecord
  package?: string
  platform?: string
  symbol?: string
  instruction_addr?: string
  addr_mode?: string
  image_addr?: string
  symbol_addr?: string
  /** `sourcemap` (its url), `symbolicated`, `unmapped` (why not), … */
  data?: JsonRecord
}

export interface Breadcrumb {
  timestamp?: number
  type: string
  category?: string
  level?: Level
  message?: string
  data?: JsonRecord
  event_id?: string
}

export interface SentryRequest {
  url?: string
  method?: string
  query_string?: [string, string | null][]
  fragment?: string
  cookies?: [string, string | null][]
  headers?: [string, string][]
  env?: JsonRecord
  data?: JsonValue
  inferred_content_type?: string
}

export interface SentryUser {
  id?: string
  email?: string
  username?: string
  name?: string
  ip_address?: string
  geo?: JsonRecord
  data?: JsonRecord
}
