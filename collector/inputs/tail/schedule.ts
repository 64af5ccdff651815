import type { Source } from './source.ts'

/** When which source is to be looked at, so that a round costs nothing for those whose time has not come. */
export class Schedule {
  readonly #slots = new Map<number, Source[]>()
  readonly #slotMs: number
  readonly #due: Source[] = []

  /** @param slotMs how exact times are. */
  constructor(slotMs: number) {
    this.#slotMs = slotMs
  }

  /** Looks at a source next at `time` (milliseconds, monotonic), whatever was said before; 0: the next round. */
  set(source: Source, time: number): void {
    source.nextLook = time
    const slot = Math.floor(time / this.#slotMs)
    const sources = this.#slots.get(slot)
    if (sources) sources.push(source)
    else this.#slots.set(slot, [source])
  }

  /** Takes out those whose time has come, each once; the array is used again by the next call. */
  take(now: number): readonly Source[] {
    const due = this.#due
    due.length = 0
    const current = Math.floor(now / this.#slotMs)
    let early: Source[] | undefined
    for (const [slot, sources] of this.#slots) {
      if (slot > current) continue
      this.#slots.delete(slot)
      for (const source of sources) {
        if (source.nextLook <= now) {
          // It may be in several slots, and has its turn in the first.
          source.nextLook = Infinity
          due.push(source)
        } else if (Math.floor(source.nextLook / this.#slotMs) === slot) (early ??= []).push(source)
      }
    }
    for (const source of early ?? []) this.set(source, source.nextLook)
    return due
  }
}
