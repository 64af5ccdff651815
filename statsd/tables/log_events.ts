import { ByteList } from './byte_list.ts'
import type { SwappedTables } from './swapped.ts'

/** Events and service checks of the interval, as lines of JSON. */
export class LogEvents {
  readonly #most: number
  #count = 0
  #bytes = new ByteList(1024)

  constructor(most: number) {
    this.#most = most
  }

  /** False when the interval has as many as it may. */
  add(event: object): boolean {
    if (this.#count >= this.#most) return false
    this.#count += 1
    this.#bytes.addText(`${JSON.stringify(event)}\n`)
    return true
  }

  swap(): SwappedTables['events'] {
    const events = { count: this.#count, bytes: this.#bytes.bytes.slice(0, this.#bytes.length) }
    this.#count = 0
    if (events.count > 0) this.#bytes = new ByteList(1024)
    return events
  }
}
