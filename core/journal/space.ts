/**
 * How many bytes the journal takes on disk, shared by the threads that write it and the one that deletes:
 * a writer that finds no room waits here until something was deleted.
 */
export class Space {
  readonly shared: SharedArrayBuffer
  readonly limit: number
  readonly #used: BigInt64Array
  readonly #freed: Int32Array

  /** @param limit bytes; `shared` is another thread's, absent to begin at 0. */
  constructor(limit: number, shared?: SharedArrayBuffer) {
    this.limit = limit
    this.shared = shared ?? new SharedArrayBuffer(16)
    this.#used = new BigInt64Array(this.shared, 0, 1)
    this.#freed = new Int32Array(this.shared, 8, 1)
  }

  get used(): number {
    return Number(Atomics.load(this.#used, 0))
  }

  take(bytes: number): void {
    Atomics.add(this.#used, 0, BigInt(bytes))
  }

  free(bytes: number): void {
    Atomics.sub(this.#used, 0, BigInt(bytes))
    Atomics.add(this.#freed, 0, 1)
    Atomics.notify(this.#freed, 0)
  }

  /** Something goes into an empty journal, however large it is. */
  hasRoom(bytes: number): boolean {
    return this.used + bytes <= this.limit || this.used === 0
  }

  /** Changes whenever something is freed; look at it before `hasRoom`, so that `freed` misses nothing. */
  get frees(): number {
    return Atomics.load(this.#freed, 0)
  }

  /** Resolves once something was freed since `frees` was looked at, or after `timeoutMs`. */
  async freed(since: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#freed, 0, since, timeoutMs)
    if (wait.async) await wait.value
  }
}
