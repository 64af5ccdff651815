import { defineInput, type Input, type InputContext } from '../../input.ts'
import type { JsonObject } from '../../event.ts'
import { messageOf } from '../../../core/errors.ts'
import { Following } from './following.ts'
import { systemTailFiles, type TailFiles } from './files.ts'
import { type TailConfig, tailFields } from './options.ts'
import { Hints } from './hints.ts'

/** The input, and one round of its work for tests that drive it by hand. */
export interface TailInput extends Input {
  poll(): Promise<void>
}

/** Makes a tail on a given file system; `start` restores positions and, unless `byHand`, keeps polling. */
export function createTail(
  config: TailConfig,
  context: InputContext,
  files: TailFiles = systemTailFiles,
  byHand = false,
): TailInput {
  const following = new Following(config, context, files)
  const stopping = new AbortController()
  const hints = new Hints(config.watch && !byHand)
  let running: Promise<void> | undefined

  async function run() {
    while (!stopping.signal.aborted) {
      try {
        await following.poll(stopping.signal)
      } catch (failure) {
        context.log.error({ err: failure }, 'a tail could not go on and tries again')
      }
      hints.watch(following.folders())
      // However often something happens, it is looked at only so often.
      await context.clock.sleep(config.poll_interval / 5, stopping.signal)
      const wake = hints.woken()
      const signal = AbortSignal.any([stopping.signal, wake.signal])
      await context.clock.sleep((config.poll_interval * 4) / 5, signal)
      for (const path of hints.take()) following.wake(path)
    }
  }

  return {
    async start() {
      await following.start()
      if (!byHand) running = run()
    },
    async stop(deadline) {
      stopping.abort()
      hints.close()
      const given = new Promise<void>((resolve) => {
        if (deadline.aborted) resolve()
        else deadline.addEventListener('abort', () => resolve(), { once: true })
      })
      const ended = (running ?? Promise.resolve()).then(() => following.settled())
      await Promise.race([ended, given]).catch((failure: unknown) =>
        context.log.warn(`a tail did not end well: ${messageOf(failure)}`),
      )
      following.close()
    },
    poll: () => following.poll(stopping.signal),
    status: (): JsonObject => following.status(),
  }
}

export const tail = defineInput(
  'tail',
  'Follows files through every kind of rotation.',
  tailFields,
  (config, context) => createTail(config, context),
)
