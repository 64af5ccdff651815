import { beginThread } from '../../core/threads/begun_threads.ts'
import { ThreadLink } from '../../core/threads/thread_link.ts'
import type { ReceiverAnswers, ReceiverNotice, ReceiverRequest, ReceiverSeed } from './protocol.ts'

export type ReceiverLink = ThreadLink<ReceiverRequest, ReceiverAnswers, ReceiverNotice>

const file = new URL('receiver_thread.ts', import.meta.url)
const name = 'statsd-receiver'

/** Has the receiving thread load its files, ahead of its start. */
export const beginReceiverThread = (): void => beginThread(file, name)

/**
 * Starts the receiving thread; it is ready once it listens.
 *
 * @param onExit is called once when the thread is gone, with its error if it had one.
 */
export const startReceiverThread = (
  seed: ReceiverSeed,
  onNotice: (notice: ReceiverNotice) => void,
  onExit: (failure: Error | undefined) => void,
): ReceiverLink =>
  new ThreadLink({
    file,
    name,
    what: 'the thread that receives metrics',
    seed,
    handedOver: [seed.flusher],
    onNotice,
    onExit,
  })
