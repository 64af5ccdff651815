/** Values by key, those that were asked for last: beyond a bound those go that were asked for longest ago. */
export class Lately<T> {
  readonly #most: number
  /** Oldest first. */
  readonly #values = new Map<string, { readonly value: T; readonly size: number }>()
  #size = 0

  /** @param most that the sizes of all add up to. */
  constructor(most: number) {
    this.#most = most
  }

  get(key: string): T | undefined {
    const found = this.#values.get(key)
    if (found === undefined) return undefined
    this.#values.delete(key)
    this.#values.set(key, found)
    return found.value
  }

  /** A key that is not there yet. */
  add(key: string, value: T, size: number): void {
    this.#size += size
    this.#values.set(key, { value, size })
    for (const [oldest, { size: freed }] of this.#values) {
      if (this.#size <= this.#most) break
      this.#values.delete(oldest)
      this.#size -= freed
    }
  }
}
