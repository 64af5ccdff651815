import type { JsonObject } from '../json.ts'

const rememberedMax = 10_000
const unsaid: JsonObject = {}

/** The context of events by their sender's address: the same object each time, as the pipeline likes. */
export class Senders {
  readonly #known = new Map<string, JsonObject>()

  /** @param address an IP address; empty when events should not say. */
  contextOf(address: string): JsonObject {
    if (address === '') return unsaid
    let context = this.#known.get(address)
    if (context) return context
    context = { source: { address, ip: address } }
    if (this.#known.size >= rememberedMax) this.#known.clear()
    this.#known.set(address, context)
    return context
  }
}
