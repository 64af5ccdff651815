/** What main and a thread of its own say to each other. Everything here is copied between threads. */

/** A thread says first whether it has started. */
export type StartNotice =
  | { readonly notice: 'ready' }
  | { readonly notice: 'failed'; readonly code: string; readonly message: string }

/** Requests are numbered, and answered once each. */
export type ThreadAnswer =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } }

/** A request says by `ask` what it is about. */
export interface ThreadRequest {
  readonly ask: string
}
