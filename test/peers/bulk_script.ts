/**
 * What the sink does with one `_bulk` request. `execute` says whether the events are stored before the
 * answer goes wrong: the two kinds of unknown fate.
 */
export type Reply =
  | { readonly kind: 'ok' }
  /** A status for the n-th event of the request (from 0); 201 stores it. */
  | { readonly kind: 'items'; readonly status: (n: number) => number }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly execute?: boolean
    }
  | { readonly kind: 'reset'; readonly execute: boolean }
  /** Half of the answer, then the connection is closed. */
  | { readonly kind: 'truncated'; readonly execute: boolean }
  /** An answer that lacks its last item. */
  | { readonly kind: 'short'; readonly execute: boolean }
  /** No answer; the connection stays open. */
  | { readonly kind: 'silence'; readonly execute: boolean }

/** The reply to each request; `size` is the length of its body. */
export type Script = (size: number) => Reply

export const ok: Reply = { kind: 'ok' }

/** The replies one after the other, then `ok` for ever. */
export function inTurn(replies: readonly Reply[]): Script {
  const rest = [...replies]
  return () => rest.shift() ?? ok
}

/**
 * A server on a bad day: about `badness` (0 to 1) of the requests go wrong, each in one of the ways that
 * servers and networks have. No event is refused for good, so that everything has to arrive.
 *
 * @param random gives numbers in [0, 1).
 */
export function badDay(random: () => number, badness: number): Script {
  const execute = () => random() < 0.5
  const ways: (() => Reply)[] = [
    () => ({ kind: 'items', status: () => (random() < 0.3 ? 429 : 201) }),
    () => ({ kind: 'items', status: () => (random() < 0.3 ? 503 : 201) }),
    () => ({ kind: 'status', status: 429, headers: { 'retry-after': '0' } }),
    () => ({ kind: 'status', status: 503 }),
    () => ({ kind: 'status', status: 502, execute: execute() }),
    () => ({ kind: 'reset', execute: execute() }),
    () => ({ kind: 'truncated', execute: execute() }),
    () => ({ kind: 'short', execute: execute() }),
    () => ({ kind: 'silence', execute: execute() }),
  ]
  return (size) => {
    if (random() >= badness) return ok
    if (size > 20_000 && random() < 0.2) return { kind: 'status', status: 413 }
    return ways[Math.floor(random() * ways.length)]!()
  }
}
