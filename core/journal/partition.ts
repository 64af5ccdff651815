import type { SegmentEnd } from './index_record.ts'
import type { Place } from './cursor.ts'
import type { DurableMark } from './writer.ts'

/** A segment as readers see it: how much of it counts now. */
export interface SegmentView {
  readonly id: string
  end: SegmentEnd
  /** Whether this Weir writes or wrote it since it started, so that what is young in it is still in memory. */
  readonly own?: boolean
}

/**
 * One partition as its readers see it: segments oldest first, each up to its durable end. Moved on by the
 * marks of the partition's writer, and by the deletion of old segments.
 */
export class Partition {
  readonly name: string
  readonly folder: string
  readonly #segments: SegmentView[]
  readonly #byId: Map<string, SegmentView>
  /** Out of the readers' sight, and still on disk. */
  readonly #leaving: SegmentView[] = []

  constructor(name: string, folder: string, segments: readonly SegmentView[]) {
    this.name = name
    this.folder = folder
    this.#segments = segments.map((segment) => ({ ...segment }))
    this.#byId = new Map(this.#segments.map((segment) => [segment.id, segment]))
  }

  get segments(): readonly SegmentView[] {
    return this.#segments
  }

  get bytes(): number {
    const onDisk = [...this.#leaving, ...this.#segments]
    return onDisk.reduce((sum, { end }) => sum + end.bytes + end.index_bytes, 0)
  }

  /** @returns whether this is a new segment, so that the one before it is finished. */
  mark({ segment, ...end }: DurableMark): boolean {
    const view = this.#byId.get(segment)
    if (view) {
      view.end = end
      return false
    }
    const added = { id: segment, end, own: true }
    this.#segments.push(added)
    this.#byId.set(segment, added)
    return true
  }

  /** Behind the last event. */
  get end(): Place {
    const last = this.#segments.at(-1)
    return { segment: last?.id ?? '', ordinal: last?.end.events ?? 0 }
  }

  /** The segment that holds `place`, or the first one after it when that one is gone. */
  at(place: Place): SegmentView | undefined {
    return this.#byId.get(place.segment) ?? this.#segments.find(({ id }) => id > place.segment)
  }

  after(segment: string): SegmentView | undefined {
    return this.#segments.find(({ id }) => id > segment)
  }

  /** Segments that are finished, and so may be deleted. */
  get finished(): readonly SegmentView[] {
    return this.#segments.slice(0, -1)
  }

  /**
   * Takes the oldest segment out of the readers' sight. There is no way back: a reader may have gone on to
   * the next one meanwhile. Its files still count until `removed`.
   */
  drop(segment: SegmentView): void {
    if (this.#segments[0] !== segment) throw new Error(`${segment.id} is not the oldest segment`)
    this.#segments.shift()
    this.#byId.delete(segment.id)
    this.#leaving.push(segment)
  }

  /** What was dropped and is still on disk. */
  get leaving(): readonly SegmentView[] {
    return this.#leaving
  }

  removed(segment: SegmentView): void {
    this.#leaving.splice(this.#leaving.indexOf(segment), 1)
  }

  /** Bytes and events of the partition at and behind `place`. Bytes within a segment are estimated. */
  lag(place: Place | undefined): { bytes: number; events: number } {
    let bytes = 0
    let events = 0
    for (const { id, end } of this.#segments) {
      if (place && id < place.segment) continue
      const passed = place?.segment === id ? Math.min(place.ordinal, end.events) : 0
      events += end.events - passed
      if (end.events > 0) bytes += Math.round(end.bytes * (1 - passed / end.events))
    }
    return { bytes, events }
  }
}
