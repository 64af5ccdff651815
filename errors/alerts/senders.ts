import { fullJitter } from '../../core/backoff.ts'
import { messageOf, RetryableError } from '../../core/errors.ts'
import { channels } from './channels/all.ts'
import type { Channel, ChannelWorld } from './channels/channel.ts'
import { channelId } from './config.ts'
import type { DueDelivery, Outcome } from './deliveries.ts'
import type { Message } from './message.ts'

export interface SendBounds {
  readonly timeoutMs: number
  readonly retryMaxMs: number
  readonly giveUpAfterMs: number
}

export interface SenderWorld extends ChannelWorld {
  readonly random: () => number
}

const retryBaseMs = 1000

/** The channels of a config, by id; each is made when it is first used. */
export class Senders {
  readonly #configs: ReadonlyMap<string, { readonly type: string }>
  readonly #made = new Map<string, Channel>()
  readonly #world: SenderWorld

  constructor(configs: readonly { readonly type: string }[], world: SenderWorld) {
    this.#configs = new Map(configs.map((config) => [channelId(config), config]))
    this.#world = world
  }

  get ids(): readonly string[] {
    return [...this.#configs.keys()]
  }

  get(id: string): Channel | undefined {
    const config = this.#configs.get(id)
    if (!config) return undefined
    let channel = this.#made.get(id)
    if (!channel) this.#made.set(id, (channel = channels.create(config, this.#world)))
    return channel
  }

  /** One attempt, and what follows from how it ended. Never throws. */
  async attempt(
    delivery: Pick<DueDelivery, 'id' | 'channel' | 'attempt' | 'createdMs' | 'mayBeRepeat'>,
    message: Message,
    bounds: SendBounds,
    stopping: AbortSignal,
  ): Promise<Outcome> {
    const { id, channel: name, attempt, mayBeRepeat } = delivery
    const channel = this.get(name)
    if (!channel) return { id, state: 'failed', detail: `there is no channel "${name}" any more` }
    const deadline = AbortSignal.any([AbortSignal.timeout(bounds.timeoutMs), stopping])
    try {
      // Whoever knows a message by its id needs no warning that it may be there already.
      const isNoted = mayBeRepeat && !channel.knowsRepeats
      const detail = await channel.send(message, { mayBeRepeat: isNoted, deadline })
      return { id, state: 'sent', detail }
    } catch (failure) {
      const detail = messageOf(failure)
      if (!(failure instanceof RetryableError)) return { id, state: 'failed', detail }
      const nowMs = this.#world.nowMs()
      if (nowMs - delivery.createdMs >= bounds.giveUpAfterMs) {
        return { id, state: 'failed', detail: `given up after ${attempt} attempts: ${detail}` }
      }
      const { retryAfterMs = 0, fateUnknown } = failure
      const limits = { baseMs: retryBaseMs, maxMs: bounds.retryMaxMs }
      const jitter = fullJitter(attempt, limits, this.#world.random)
      const waitMs = Math.max(jitter, Math.min(retryAfterMs, 6 * bounds.retryMaxMs))
      return { id, state: 'pending', detail, nextMs: Math.ceil(nowMs + waitMs), fateUnknown }
    }
  }
}
