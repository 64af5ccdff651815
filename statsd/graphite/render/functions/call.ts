import type { RenderErrorPlace } from '../render_error.ts'
import type { SeriesList } from '../series.ts'
import type { TimeZone } from '../time_zone.ts'

/** Seconds since the epoch: what a request or a function asks the store for. */
export interface Window {
  readonly fromS: number
  readonly untilS: number
}

/** What a function may use beside its arguments. */
export interface Call extends Window {
  readonly functionName: string
  readonly nowS: number
  readonly zone: TimeZone
  /** The request's, or what `setXFilesFactor` said since. */
  xFilesFactor: number
  /** What `stacked` has drawn so far in this request, by the name of the stack. */
  readonly stacks: Map<string, number[]>
  /** The first argument evaluated over another window. */
  again(window: Window): Promise<SeriesList>
  /** Another target over the same window. */
  target(text: string): Promise<SeriesList>
  /** A function by its name, over lists. */
  invoke(name: string, lists: readonly SeriesList[]): Promise<SeriesList>
  /** Whether a function of this name makes one series of many. */
  isAggregator(name: string): boolean
  /** Seconds since the epoch of the events that have all these tags; `*` alone: of all. */
  events(tags: readonly string[]): Promise<readonly number[]>
  /** A number in [0, 1). */
  random(): number
  /** @throws RenderError when so many more values exceed the request's limit. */
  reserve(points: number): void
  /** @throws RenderError */
  fail(reason: string, place?: RenderErrorPlace): never
}
