import type { Context } from '../../../core/context.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Lifecycle } from '../../../core/lifecycle.ts'
import type { ReceiverNotice } from '../../receive/protocol.ts'
import type { RepeaterTarget } from './target.ts'
import { TcpTarget } from './tcp_target.ts'
import { UdpTargets } from './udp_targets.ts'

export interface RepeaterConfig {
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly protocol: 'udp4' | 'udp6' | 'tcp'
  readonly max_pending: number
}

/** Where packets are heard. */
export interface PacketSource {
  watch(what: 'packets', onNotice: (notice: ReceiverNotice) => void): () => void
}

/**
 * Repeats packets to other daemons as they come, unacknowledged, as Etsy's repeater does: over UDP each as it is, over
 * TCP each with a line end. What a target does not take is dropped and counted.
 */
export class Repeater implements Lifecycle {
  readonly #config: RepeaterConfig
  readonly #context: Context
  readonly #source: PacketSource
  #targets: RepeaterTarget[] = []
  #unwatch: (() => void) | undefined
  #packets = 0
  #dropped = 0

  constructor(config: RepeaterConfig, context: Context, source: PacketSource) {
    this.#config = config
    this.#context = context
    this.#source = source
  }

  async start(): Promise<void> {
    const { hosts, protocol, max_pending: maxPending } = this.#config
    const context = this.#context
    this.#targets =
      protocol === 'tcp'
        ? hosts.map((target) => new TcpTarget(target, maxPending, context))
        : [new UdpTargets(protocol, hosts, context)]
    this.#unwatch = this.#source.watch('packets', (notice) => {
      if (notice.notice === 'packets') this.#repeat(notice.bytes, notice.ends)
    })
  }

  async stop(): Promise<void> {
    this.#unwatch?.()
    this.#unwatch = undefined
    for (const target of this.#targets) target.stop()
    this.#targets = []
  }

  status(): JsonObject {
    return {
      type: 'repeater',
      id: this.#context.id,
      packets: this.#packets,
      dropped: this.#dropped,
      targets: this.#targets.map((target) => target.status()),
    }
  }

  #repeat(bytes: Uint8Array, ends: Uint32Array): void {
    let start = 0
    let dropped = 0
    for (const end of ends) {
      const packet = bytes.subarray(start, end)
      for (const target of this.#targets) if (!target.send(packet)) dropped += 1
      start = end
    }
    this.#packets += ends.length
    if (dropped === 0) return
    this.#dropped += dropped
    this.#context.count('repeater_overflow', dropped)
  }
}
