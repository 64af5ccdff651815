import { duration, size } from '../../core/units.ts'
import { defineInput } from '../input.ts'
import { pendingLimit } from './framing/options.ts'
import { addRemoteAddress } from './listen/options.ts'

/** Bodies posted to `/in/<tag>`; the port itself is main's, see `http.listen`. */
export const http = defineInput(
  'http',
  'Events posted to `/in/<tag>`: JSON, NDJSON, MessagePack, forms, lines of text',
  {
    max_body_size: size().default(32_000_000).describe('Largest body as it is sent'),
    max_inflated_size: size().default(256_000_000).describe('Largest body once it is inflated'),
    max_message_size: size()
      .default(1_000_000)
      .describe('Largest event of a body; a larger one is refused, the others are taken'),
    max_pending_bytes: pendingLimit('64MB'),
    journal_timeout: duration()
      .default(10_000)
      .describe(
        'Longest wait for a journal that is full or whose disk fails, for each 4 MB of a body; then 503. 0: no limit',
      ),
    add_remote_addr: addRemoteAddress(),
  },
  async (config, context) => {
    const { HttpInput } = await import('./http/http_input.ts')
    return new HttpInput(config, context)
  },
)
