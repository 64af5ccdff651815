/** What was made of a key, as long as there is room: what was asked for longest ago goes first. */
export class BoundedCache<Key, Value> {
  readonly #bytesMax: number
  readonly #bytesOf: (value: Value) => number
  /** Those asked for last at the end. */
  readonly #values = new Map<Key, { readonly value: Value; readonly bytes: number }>()
  #bytes = 0

  /** @param bytesOf about the memory that a value takes. */
  constructor(bytesMax: number, bytesOf: (value: Value) => number) {
    this.#bytesMax = bytesMax
    this.#bytesOf = bytesOf
  }

  /** What `make` made for the key, now or before. */
  async get(key: Key, make: () => Promise<Value>): Promise<Value> {
    const known = this.#find(key)
    if (known) return known.value
    const value = await make()
    this.put(key, value)
    return value
  }

  /** Undefined: it is not there, or no longer. */
  find(key: Key): Value | undefined {
    return this.#find(key)?.value
  }

  get bytes(): number {
    return this.#bytes
  }

  put(key: Key, value: Value): void {
    this.#forget(key)
    const bytes = this.#bytesOf(value)
    if (bytes > this.#bytesMax) return
    this.#values.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#values.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.#forget(oldest)
    }
  }

  #find(key: Key) {
    const known = this.#values.get(key)
    if (!known) return undefined
    this.#values.delete(key)
    this.#values.set(key, known)
    return known
  }

  #forget(key: Key): void {
    this.#bytes -= this.#values.get(key)?.bytes ?? 0
    this.#values.delete(key)
  }
}
