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
