import { z } from 'zod'
import { setImmediate } from 'node:timers/promises'
import type { Context } from '../../core/context.ts'
import type { Checked, Delivery, Rejected } from '../../core/delivery/output.ts'
import { messageOf } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { MetricPoint } from '../../store/points.ts'
import { type NamingConfig, namingFields } from '../names/config.ts'
import { EtsyNames, type Naming } from '../names/etsy.ts'
import { type Backend, defineBackend, type DaemonFacts } from './backend.ts'
import { pointsOf } from './chunk_points.ts'
import { type Payload, PicklePayload, PlaintextPayload } from './graphite/payload.ts'
import { post } from './graphite/post.ts'

const port = (fallback: number) => z.int().min(1).max(65_535).default(fallback)

/** carbon, or whatever speaks its protocols: Etsy's backend `graphite`. */
export const graphiteBackend = defineBackend(
  'graphite',
  "Graphite's carbon, by its plaintext or pickle protocol over TCP, under Etsy's names",
  {
    host: z.string().min(1).describe('Where carbon runs'),
    port: port(2003).describe('Port for `protocol: text`'),
    pickle_port: port(2004).describe('Port for `protocol: pickle`'),
    protocol: z.enum(['text', 'pickle']).default('text').describe('How points are written'),
    wait_for_close: z
      .boolean()
      .default(true)
      .describe(
        'Take a flush for delivered only when carbon has closed the connection too, as it does when it has read all',
      ),
    ...namingFields,
  },
  (config, context, facts) => new GraphiteBackend(config, context, facts),
)

interface GraphiteConfig extends NamingConfig {
  readonly host: string
  readonly port: number
  readonly pickle_port: number
  readonly protocol: 'text' | 'pickle'
  readonly wait_for_close: boolean
}

/** Points between which other work gets its turn. */
const atOnce = 2000

class GraphiteBackend implements Backend {
  readonly #config: GraphiteConfig
  readonly #context: Context
  readonly #naming: Naming
  readonly #names: EtsyNames
  /** As Etsy's backend tells them: times in seconds since the epoch, 0 before the first; ms; bytes. */
  readonly #stats = { last_exception: 0, last_flush: 0, flush_time: 0, flush_length: 0 }

  constructor(config: GraphiteConfig, context: Context, facts: DaemonFacts) {
    this.#config = config
    this.#context = context
    this.#naming = { ...config, ...facts }
    this.#names = new EtsyNames(this.#naming)
    this.#stats.last_flush = this.#seconds()
  }

  /** Connects to nothing: a carbon that is down must not keep Weir from starting. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async write({ chunk }: Delivery, deadline: AbortSignal): Promise<readonly Rejected[]> {
    const rejected: Rejected[] = []
    const payload = this.#payload()
    let points = 0
    for (const { index, point } of pointsOf(chunk, rejected)) {
      points += 1
      if (points % atOnce === 0) await setImmediate()
      const tooLong = this.#add(payload, point)
      if (tooLong === undefined) continue
      const detail = `carbon takes no name as long as ${tooLong.slice(0, 100)}…`
      rejected.push({ index, reason: 'too_large_for_target', detail, target: this.#where })
    }
    if (points > 0) await this.#post(payload, deadline)
    return rejected.toSorted((a, b) => a.index - b.index)
  }

  async check(deadline: AbortSignal): Promise<readonly Checked[]> {
    try {
      await post(this.#carbon, [], deadline)
      return []
    } catch (failure) {
      return [{ problem: `${messageOf(failure)}: check host, port and protocol` }]
    }
  }

  status(): JsonObject {
    const { protocol } = this.#config
    return { target: this.#where, protocol, ...this.#stats }
  }

  /** @returns a name that carbon would not take; the others of the point are added. */
  #add(payload: Payload, point: MetricPoint): string | undefined {
    const seconds = Math.floor(point.atMs / 1000)
    let tooLong: string | undefined
    this.#names.each(point, (name, value) => {
      if (!payload.add(name, value, seconds)) tooLong = name
    })
    return tooLong
  }

  async #post(payload: Payload, deadline: AbortSignal): Promise<void> {
    const seconds = this.#seconds()
    for (const [name, value] of Object.entries(this.#stats)) {
      payload.add(this.#ownName(name), value, seconds)
    }
    const pieces = payload.take()
    const { monotonic } = this.#context.clock
    const began = monotonic()
    try {
      await post(this.#carbon, pieces, deadline)
    } catch (failure) {
      this.#stats.last_exception = this.#seconds()
      throw failure
    }
    this.#stats.flush_time = Math.round(monotonic() - began)
    this.#stats.flush_length = pieces.reduce((sum, { length }) => sum + length, 0)
    this.#stats.last_flush = this.#seconds()
  }

  #ownName(stat: string): string {
    const {
      legacy_namespace: isLegacy,
      global_prefix: prefix,
      global_suffix: suffix,
    } = this.#naming
    const parts = [isLegacy ? 'stats' : prefix, this.#naming.prefix_stats, 'graphiteStats', stat]
    return [...parts, suffix ?? ''].filter((part) => part !== '').join('.')
  }

  #payload(): Payload {
    return this.#config.protocol === 'pickle' ? new PicklePayload() : new PlaintextPayload()
  }

  get #carbon() {
    const { host, protocol, port: textPort, pickle_port: picklePort, wait_for_close } = this.#config
    const carbonPort = protocol === 'pickle' ? picklePort : textPort
    return { host, port: carbonPort, waitForClose: wait_for_close }
  }

  get #where(): string {
    const { host, port: carbonPort } = this.#carbon
    return `${host}:${carbonPort}`
  }

  #seconds(): number {
    return Math.round(this.#context.clock.now() / 1000)
  }
}
