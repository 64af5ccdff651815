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

/** So many files that change are read as soon as the system says so; more wait for the next look. */
const fewFiles = 3

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
    const { poll_interval } = config
    let pause = poll_interval / 5
    while (!stopping.signal.aborted) {
      try {
        await following.poll(stopping.signal)
      } catch (failure) {
        context.log.error({ err: failure }, 'a tail could not go on and tries again')
      }
      hints.watch(following.folders())
      // However often something happens, it is looked at only so often.
      await context.clock.sleep(pause, stopping.signal)
      if (pause < poll_interval) {
        const wake = hints.woken()
        const signal = AbortSignal.any([stopping.signal, wake.signal])
        await context.clock.sleep(poll_interval - pause, signal)
      }
      const hinted = [...hints.take()]
      for (const path of hinted) following.wake(path)
      // Many files that change a little are cheaper together: one look, one sync of the journal.
      pause = hinted.length > fewFiles ? poll_interval : poll_interval / 5
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
