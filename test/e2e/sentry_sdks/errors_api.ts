/** As much of Sentry's web API as the tests ask, in the shapes of its documentation. */
export interface ShownIssue {
  readonly id: string
  readonly title: string
  readonly culprit: string
  readonly count: string
}

export interface ShownFrame {
  readonly function?: string | null
  readonly filename?: string | null
  readonly lineNo?: number | null
  readonly context?: readonly (readonly [number, string])[]
}

interface Entry {
  readonly type: string
  readonly data: {
    readonly values?: readonly {
      readonly type?: string | null
      readonly message?: string | null
      readonly stacktrace?: { readonly frames: readonly ShownFrame[] } | null
    }[]
  }
}

export interface ShownEvent {
  readonly eventID: string
  readonly user: Readonly<Record<string, unknown>> | null
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  readonly release: { readonly version: string } | null
  readonly entries: readonly Entry[]
  readonly sdk: { readonly name?: string } | null
}

/** GET below /api/0. @throws when the answer is none of 2xx. */
export async function askApi<T>(url: string, path: string): Promise<T> {
  const answer = await fetch(`${url}/api/0${path}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 300)}`)
  return JSON.parse(text) as T
}

export const issuesOf = (url: string, project: string): Promise<ShownIssue[]> =>
  askApi(url, `/projects/weir/${project}/issues/?query=`)

export const latestEvent = (url: string, issue: string): Promise<ShownEvent> =>
  askApi(url, `/organizations/weir/issues/${issue}/events/latest/`)

/** Frames of all exceptions, from the outermost; of one exception those of its stack. */
export const framesOf = ({ entries }: ShownEvent): readonly ShownFrame[] =>
  entries
    .filter(({ type }) => type === 'exception')
    .flatMap(({ data }) => data.values ?? [])
    .flatMap(({ stacktrace }) => stacktrace?.frames ?? [])

export const crumbsOf = ({ entries }: ShownEvent): string[] =>
  entries
    .filter(({ type }) => type === 'breadcrumbs')
    .flatMap(({ data }) => data.values ?? [])
    .map(({ message }) => message ?? '')
