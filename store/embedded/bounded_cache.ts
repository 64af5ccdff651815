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
    const known = this.#values.get(key)
    if (known) {
      this.#values.delete(key)
      this.#values.set(key, known)
      return known.value
    }
    const value = await make()
    this.#put(key, value, this.#bytesOf(value))
    return value
  }

  get bytes(): number {
    return this.#bytes
  }

  #put(key: Key, value: Value, bytes: number): void {
    this.#forget(key)
    if (bytes > this.#bytesMax) return
    this.#values.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#values.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.#forget(oldest)
    }
  }

  #forget(key: Key): void {
    this.#bytes -= this.#values.get(key)?.bytes ?? 0
    this.#values.delete(key)
  }
}
