/** Which flush it is. */
export interface FlushId {
  readonly instance: string
  readonly flush: number
}

/** What all points of a flush have. */
export interface PointBase extends FlushId {
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly intervalMs: number
}
