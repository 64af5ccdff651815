import { ThreadLink } from '../../core/threads/thread_link.ts'
import type { DigestAnswers, DigestNotice, DigestRequest, DigestSeed } from './protocol.ts'

export type DigestLink = ThreadLink<DigestRequest, DigestAnswers, DigestNotice>

/**
 * Starts the digest thread; it is ready once its database is open.
 *
 * @param onExit is called once when the thread is gone, with its error if it had one.
 */
export const startDigestThread = (
  seed: DigestSeed,
  onNotice: (notice: DigestNotice) => void,
  onExit: (failure: Error | undefined) => void,
): DigestLink =>
  new ThreadLink({
    file: new URL('digest_thread.ts', import.meta.url),
    name: 'errors-digest',
    what: 'the thread that digests error reports',
    seed,
    semiSpaceMb: 4,
    onNotice,
    onExit,
  })
