export const hourMs = 3_600_000
export const dayMs = 86_400_000
export const hourOf = (ms: number): number => ms - (ms % hourMs)
export const dayOf = (ms: number): number => ms - (ms % dayMs)

/** How many events, and from when to when. */
export interface Span {
  events: number
  firstMs: number
  lastMs: number
}

/** Counts an event under `key`. */
export function countIn<Key>(spans: Map<Key, Span>, key: Key, ms: number): void {
  const span = spans.get(key)
  if (!span) {
    spans.set(key, { events: 1, firstMs: ms, lastMs: ms })
    return
  }
  span.events += 1
  if (ms < span.firstMs) span.firstMs = ms
  if (ms > span.lastMs) span.lastMs = ms
}
