import { z } from 'zod'
import { size } from '../../core/units.ts'
import { defineInput } from '../input.ts'
import { messageLimits, pendingLimit } from './framing/options.ts'
import { access } from '../../core/listen/access_options.ts'
import { listen } from '../../core/listen/address.ts'
import { addRemoteAddress, reusePort } from './listen/options.ts'

/** Messages over UDP, as Fluentd's in_udp takes them; port 5160 by default. */
export const udp = defineInput(
  'udp',
  'Messages in UDP datagrams',
  {
    listen: listen('udp', 5160),
    framing: z
      .enum(['newline', 'datagram'])
      .default('newline')
      .describe('`newline`: each line of a datagram is a message; `datagram`: the whole of it'),
    ...messageLimits('64KiB'),
    receive_buffer: size()
      .default(4 * 2 ** 20)
      .describe('Receive buffer of the socket; the kernel grants up to net.core.rmem_max'),
    max_pending_bytes: pendingLimit('32MB'),
    ...access,
    add_remote_addr: addRemoteAddress(),
    reuse_port: reusePort(),
  },
  async (config, context) => {
    const { UdpInput } = await import('./listen/udp_input.ts')
    return new UdpInput(config, context)
  },
)
