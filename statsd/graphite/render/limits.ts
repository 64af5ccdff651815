/** Bounds of one render request. */
export interface RenderLimits {
  /** Characters of a target. */
  readonly maxTargetLength: number
  readonly maxTargets: number
  /** Calls inside calls. */
  readonly maxDepth: number
  /** Calls of functions, those repeated for wider windows and templates counted each time. */
  readonly maxCalls: number
  /** Series fetched, over all targets. */
  readonly maxSeries: number
  /** Values fetched and made, over all targets. */
  readonly maxPoints: number
  /** Characters of a name that functions make. */
  readonly maxNameLength: number
}

export const defaultRenderLimits: RenderLimits = {
  maxTargetLength: 10_000,
  maxTargets: 500,
  maxDepth: 50,
  maxCalls: 10_000,
  maxSeries: 20_000,
  maxPoints: 25_000_000,
  maxNameLength: 1_000_000,
}
