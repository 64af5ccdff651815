import { groupRows } from './open_group.ts'
import type { Segment } from './segment.ts'

/** Row groups whose part of a footer DuckDB may remember, some 27 kB each: those of 160 million rows, */
const groupsMax = 4_000
/** … and those of segments that came later, many of which are gone again. */
const laterMax = 2_000

/**
 * Whether DuckDB remembers the footers of files: to read those of 50 files of a million rows takes it as long as to find
 * a rare word in them. But it lets go of none until its memory is full, of which it counts an eighth.
 */
export class RememberedFooters {
  #isOn: boolean
  #later = 0

  constructor(segments: Iterable<Segment>) {
    this.#isOn = groupsOf(segments) <= groupsMax
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** There are new segments. */
  added(segments: Iterable<Pick<Segment, 'parts'>>): void {
    this.#later += groupsOf(segments)
  }

  /** Whether so much came since that DuckDB is to be opened anew, as `isOn` says from then on. */
  isOver(segments: Iterable<Segment>): boolean {
    if (this.#later <= laterMax) return false
    this.#later = 0
    const wasOn = this.#isOn
    this.#isOn = groupsOf(segments) <= groupsMax
    return wasOn || this.#isOn
  }
}

function groupsOf(segments: Iterable<Pick<Segment, 'parts'>>): number {
  let groups = 0
  for (const { parts } of segments) {
    groups += Math.ceil(parts.reduce((sum, { rows }) => sum + rows, 0) / groupRows)
  }
  return groups
}
