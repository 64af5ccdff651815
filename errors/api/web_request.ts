import type { JsonRecord, JsonValue } from '../../store/search.ts'
import type { ApiConfig } from './config.ts'

/** What of a project the answers show; keys are main's. */
export interface WebProject {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly platform?: string
}

/** A request of the web API as main hands it to the digest thread. */
export interface WebRequest {
  /** Parameters of the path, decoded. */
  readonly path: Readonly<Record<string, string>>
  /** Path and query, as the client sent it. */
  readonly url: string
  readonly body: JsonValue
  /** All there are, by id. */
  readonly projects: readonly WebProject[]
  /** How clients reach this Weir, without a slash at the end. */
  readonly baseUrl: string
  /** Who asks: what `me` means, and who did what is changed. */
  readonly actor: string
  readonly limits: ApiConfig
}

export interface WebAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Null: an empty answer. */
  readonly body: JsonValue
}

/** A request that is answered with an error in Sentry's shape, `{"detail": …}`. */
export class WebRefusal extends Error {
  readonly status: number
  readonly body: JsonRecord

  constructor(status: number, detail: string, more: JsonRecord = {}) {
    super(detail)
    this.name = 'WebRefusal'
    this.status = status
    this.body = { detail, ...more }
  }
}

export const notFound = (what: string): WebRefusal => new WebRefusal(404, what)
export const invalid = (what: string): WebRefusal => new WebRefusal(400, what)

export const answer = (body: JsonValue, status = 200): WebAnswer => ({ status, body })
