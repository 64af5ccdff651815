import { beginThread } from '../core/threads/begun_threads.ts'
import { ThreadLink } from '../core/threads/thread_link.ts'
import type { WorkerAnswers, WorkerNotice, WorkerRequest, WorkerSeed } from './worker_protocol.ts'

export type WorkerLink = ThreadLink<WorkerRequest, WorkerAnswers, WorkerNotice>

const file = new URL('worker.ts', import.meta.url)
const nameOf = (index: number) => `collector-${index}`

/** Has a collector worker load its files, ahead of its start. */
export const beginWorkerThread = (index: number): void => beginThread(file, nameOf(index))

/**
 * Starts a collector worker; it is ready once its inputs are started.
 *
 * @param onExit is called once when the thread is gone, with its error if it had one.
 */
export const startWorkerThread = (
  seed: WorkerSeed,
  onNotice: (notice: WorkerNotice) => void,
  onExit: (failure: Error | undefined) => void,
): WorkerLink =>
  new ThreadLink({
    file,
    name: nameOf(seed.index),
    what: 'the collector worker',
    seed,
    onNotice,
    onExit,
  })
