/** In place of a node. */
export const lineEnd = -1

const sets = 512
const ways = 4
const stride = 24
/** Longer ones are not remembered. */
const stepBytesMax = stride * 4 - 1

/**
 * What stood between two values of a line, keys, colons and braces, by the node whose value comes before: mostly the
 * next line has the same there, and what it leads to is known by one comparison.
 */
export class LineSteps {
  readonly #froms = new Int32Array(sets * ways)
  readonly #lengths = new Int32Array(sets * ways)
  readonly #nodes = new Int32Array(sets * ways)
  readonly #texts = new Int32Array(sets * ways * stride)
  readonly #oldest = new Uint8Array(sets)

  /** The step from the value of `from` that stands at `at`; -1 where it is not known. @param viewEnd the length of `view`. */
  find(view: DataView, viewEnd: number, from: number, at: number): number {
    const first = (from & (sets - 1)) * ways
    for (let step = first; step < first + ways; step++) {
      if (this.#froms[step] === from && this.#is(step, view, viewEnd, at)) return step
    }
    return -1
  }

  length(step: number): number {
    return this.#lengths[step]!
  }

  /** The node of the value behind it, or `lineEnd`. */
  node(step: number): number {
    return this.#nodes[step]!
  }

  /** Remembers that `length` bytes from `at` on lead from one node to the other. @param from not 0. */
  remember(view: DataView, from: number, at: number, length: number, to: number): void {
    if (length > stepBytesMax || at + length + 4 > view.byteLength) return
    const set = from & (sets - 1)
    const way = this.#oldest[set]!
    this.#oldest[set] = (way + 1) % ways
    const step = set * ways + way
    const whole = length >>> 2
    for (let i = 0; i < whole; i++) {
      this.#texts[step * stride + i] = view.getInt32(at + i * 4, true)
    }
    this.#texts[step * stride + whole] = view.getInt32(at + whole * 4, true) & maskOf(length)
    this.#froms[step] = from
    this.#lengths[step] = length
    this.#nodes[step] = to
  }

  #is(step: number, view: DataView, viewEnd: number, start: number): boolean {
    const length = this.#lengths[step]!
    if (start + length + 4 > viewEnd) return false
    const texts = this.#texts
    let place = step * stride
    let at = start
    for (const last = start + (length & ~3); at < last; at += 4) {
      if (texts[place++] !== view.getInt32(at, true)) return false
    }
    if (texts[place] !== (view.getInt32(at, true) & maskOf(length))) return false
    if (this.#nodes[step] === lineEnd) return true
    // A space, an object or an array leads further.
    const next = view.getUint8(start + length)
    return next > 32 && next !== 123 && next !== 91
  }
}

/** Of the bytes that are left beyond fours. */
const maskOf = (length: number) => (1 << ((length & 3) * 8)) - 1
