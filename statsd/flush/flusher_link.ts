import type { Transferable } from 'node:worker_threads'
import { ThreadLink } from '../../core/threads/thread_link.ts'
import type { FlusherAnswers, FlusherNotice, FlusherRequest, FlusherSeed } from './protocol.ts'

export type FlusherLink = ThreadLink<FlusherRequest, FlusherAnswers, FlusherNotice>

/**
 * Starts the flushing thread; it is ready once it flushes.
 *
 * @param handedOver what of the seed goes over to the thread for good.
 * @param onExit is called once when the thread is gone, with its error if it had one.
 */
export const startFlusherThread = (
  seed: FlusherSeed,
  handedOver: readonly Transferable[],
  onNotice: (notice: FlusherNotice) => void,
  onExit: (failure: Error | undefined) => void,
): FlusherLink =>
  new ThreadLink({
    file: new URL('flusher_thread.ts', import.meta.url),
    name: 'statsd-flusher',
    what: 'the thread that flushes metrics',
    seed,
    handedOver,
    onNotice,
    onExit,
  })
