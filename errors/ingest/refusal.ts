import type { Reason } from '../../core/reasons.ts'

/** A request of an SDK that is answered with an error, in Sentry's shape: `{"detail":…,"causes":[…]}`. */
export class IngestRefusal extends Error {
  readonly status: number
  /** What it is counted as. */
  readonly reason: Reason
  readonly causes: readonly string[]
  readonly headers: Readonly<Record<string, string>>

  /** @param detail is for people; it never holds anything of the report. */
  constructor(
    status: number,
    reason: Reason,
    detail: string,
    more: { causes?: readonly string[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail)
    this.name = 'IngestRefusal'
    this.status = status
    this.reason = reason
    this.causes = more.causes ?? []
    this.headers = more.headers ?? {}
  }
}

export const malformed = (detail: string, causes: readonly string[] = []) =>
  new IngestRefusal(400, 'report_invalid', detail, { causes })

export const tooLarge = (detail: string) => new IngestRefusal(413, 'report_too_large', detail)

/** What a request is answered with. Plain data: it comes from another thread. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const json = (
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

/** The answer to a refused request. SDKs log `X-Sentry-Error`. */
export function refused(refusal: {
  readonly status: number
  readonly message: string
  readonly causes?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}): Answer {
  const { status, message, causes = [], headers = {} } = refusal
  return json(
    status,
    { detail: message, causes },
    { 'x-sentry-error': headerText(message), ...headers },
  )
}

/** A header holds visible ASCII. */
const headerText = (text: string) => text.replaceAll(/[^ -~]/g, '?').slice(0, 300)
