/** What an SDK may ask for, by the path it calls. */
export type Endpoint =
  | 'envelope'
  | 'store'
  | 'security'
  | 'nel'
  | 'minidump'
  | 'unreal'
  | 'attachments'
  | 'check_in'
  | 'feedback'
  | 'tunnel'
  | 'spotlight'
  | 'otlp_logs'
  | 'otlp_traces'

/** A request as main hands it over: plain data, its body's memory goes along. */
export interface Incoming {
  readonly endpoint: Endpoint
  readonly isGet: boolean
  /** Of the path; undefined where the path has none. With `spotlight` the project that was chosen for it. */
  readonly project: number | undefined
  /** What further segments of the path say. */
  readonly path: { readonly key?: string; readonly event?: string; readonly monitor?: string }
  /** Behind the `?`. */
  readonly query: string
  readonly headers: IncomingHeaders
  /** Of the client, as a trusted proxy says; empty on a Unix socket. */
  readonly clientIp: string
  /** Milliseconds since the epoch. */
  readonly receivedMs: number
  readonly body: Uint8Array
}

/** Those that matter, lower-case names; absent ones are empty. */
export interface IncomingHeaders {
  readonly sentryAuth: string
  readonly authorization: string
  readonly contentType: string
  readonly contentEncoding: string
  readonly origin: string
  readonly referer: string
  readonly userAgent: string
}
