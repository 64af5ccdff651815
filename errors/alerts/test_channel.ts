import { WeirError } from '../../core/errors.ts'
import { composedTest } from './compose.ts'
import { Senders, type SenderWorld } from './senders.ts'

interface Tested {
  readonly channels: readonly { readonly type: string }[]
  readonly alerting: { readonly timeout: number }
}

/**
 * Sends a test by a channel, once.
 *
 * @returns what the target said.
 * @throws WeirError when there is no such channel, and what the channel throws.
 */
export async function testOf(
  channel: string,
  { channels, alerting }: Tested,
  world: SenderWorld,
  randomBytes: (count: number) => Uint8Array,
): Promise<string> {
  const senders = new Senders(channels, world)
  const found = senders.get(channel)
  if (!found) {
    const there =
      senders.ids.length === 0
        ? 'errors.channels of the config has none'
        : `there are ${senders.ids.join(', ')}`
    throw new WeirError('WEIR_REQUEST_INVALID', `no channel "${channel}": ${there}`)
  }
  const id = Buffer.from(randomBytes(16)).toString('hex')
  const message = composedTest(id, channel, world.nowMs())
  const deadline = AbortSignal.timeout(alerting.timeout)
  return await found.send(message, { mayBeRepeat: false, deadline })
}
