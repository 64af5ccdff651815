import type { Input, InputContext } from '../../input.ts'
import type { JsonObject } from '../../../core/json.ts'
import { fired } from '../../../core/deadline.ts'
import { messageOf } from '../../../core/errors.ts'
import { Following } from './following.ts'
import { systemTailFiles, type TailFiles } from './files.ts'
import type { TailConfig } from './options.ts'
import { Hints } from './hints.ts'

/** The input, and one round of its work for tests that drive it by hand. */
export interface TailInput extends Input {
  poll(): Promise<void>
}

/** Bytes a second from which on a log is busy: it is read at short intervals, others are gathered. */
const busyRate = 1_048_576

/** Makes a tail on a given file system; `start` restores positions and, unless `byHand`, keeps polling. */
export function createTail(
  config: TailConfig,
  context: InputContext,
  files: TailFiles = systemTailFiles,
  byHand = false,
): TailInput {
  const following = new Following(config, context, files)
  const stopping = new AbortController()
  const monotonic = () => context.clock.monotonic()
  const watching = config.watch && !byHand
  const hints = new Hints(watching ? config.watch_rate : 0, monotonic)
  let running: Promise<void> | undefined

  async function run() {
    const { poll_interval, gather_interval } = config
    let last = monotonic()
    while (!stopping.signal.aborted) {
      let bytes = 0
      try {
        bytes = await following.poll(stopping.signal)
      } catch (failure) {
        context.log.error({ err: failure }, 'a tail could not go on and tries again')
      }
      hints.watch(following.folders())
      const now = monotonic()
      const busy = (bytes / (now - last + 1)) * 1000 >= busyRate
      last = now
      // Each round that finds something costs a commit, two syncs of the disk and a turn of each reader.
      // So the first line is read at once, and what trickles in behind it is gathered.
      const longest = busy ? poll_interval : Math.max(poll_interval, gather_interval)
      const shortest = bytes > 0 && !busy ? longest : poll_interval / 5
      await context.clock.sleep(shortest, stopping.signal)
      if (shortest < longest) await hintOrTime(longest - shortest)
      for (const path of hints.take()) following.wake(path)
    }
  }

  async function hintOrTime(ms: number) {
    const signal = AbortSignal.any([stopping.signal, hints.woken().signal])
    await context.clock.sleep(ms, signal)
  }

  return {
    async start() {
      await following.start()
      if (!byHand) running = run()
    },
    async stop(deadline) {
      stopping.abort()
      hints.close()
      const ended = (running ?? Promise.resolve()).then(() => following.settled())
      await Promise.race([ended, fired(deadline)]).catch((failure: unknown) =>
        context.log.warn(`a tail did not end well: ${messageOf(failure)}`),
      )
      following.close()
    },
    poll: async () => void (await following.poll(stopping.signal)),
    status: (): JsonObject => following.status(),
  }
}
