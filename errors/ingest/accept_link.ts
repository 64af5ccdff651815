import { ThreadLink } from '../../core/threads/thread_link.ts'
import type { AcceptAnswers, AcceptNotice, AcceptRequest, AcceptSeed } from './protocol.ts'

export type AcceptLink = ThreadLink<AcceptRequest, AcceptAnswers, AcceptNotice>

/**
 * Starts the accepting thread; it is ready once its partition of the journal is open.
 *
 * @param onExit is called once when the thread is gone, with its error if it had one.
 */
export const startAcceptThread = (
  seed: AcceptSeed,
  onNotice: (notice: AcceptNotice) => void,
  onExit: (failure: Error | undefined) => void,
): AcceptLink =>
  new ThreadLink({
    file: new URL('accept_thread.ts', import.meta.url),
    name: 'errors-accept',
    what: 'the thread that takes in error reports',
    seed,
    semiSpaceMb: 8,
    onNotice,
    onExit,
  })
