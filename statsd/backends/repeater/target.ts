import type { JsonObject } from '../../../core/json.ts'

/** Somewhere packets go. `send` must not keep the packet's bytes; it says whether they were taken. */
export interface RepeaterTarget {
  send(packet: Uint8Array): boolean
  stop(): void
  status(): JsonObject
}
