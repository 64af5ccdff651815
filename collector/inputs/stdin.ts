import { defineInput } from '../input.ts'
import { framing, messageLimits, pendingLimit } from './framing/options.ts'

/** What is piped into Weir. At its end Weir goes on; the last line counts without a line end, too. */
export const stdin = defineInput(
  'stdin',
  'Messages from standard input, such as `app | weir start`',
  { framing: framing(), ...messageLimits('1MB'), max_pending_bytes: pendingLimit('16MB') },
  async (config, context) => {
    const { createStdin, openStdin } = await import('./stdin/stdin_input.ts')
    return createStdin({ ...config, tag: config.tag ?? 'stdin' }, context, openStdin)
  },
)
