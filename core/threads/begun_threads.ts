import { MessageChannel, type Transferable, Worker } from 'node:worker_threads'
import { threadStart } from './thread_start.ts'

/** A thread that loads its files and then waits for its seed (`threadSeed` in in_thread.ts). */
export interface BegunThread {
  readonly worker: Worker
  /** Called once; what is handed over belongs to the thread from then on. */
  tell(seed: unknown, handedOver: readonly Transferable[]): void
}

/** By their names. */
const ahead = new Map<string, BegunThread>()

/**
 * Begins a thread that will be needed before it is known what it shall be told: it loads its files, which takes a
 * tenth of a second, beside the main thread. Until it is taken it keeps no process up.
 */
export function beginThread(file: URL, name: string): void {
  if (ahead.has(name)) return
  const thread = newThread(file, name)
  const { worker } = thread
  const forget = () => void (ahead.get(name) === thread && ahead.delete(name))
  // What is wrong with it is told by who needs it, and begins another.
  worker.on('error', forget).on('exit', forget)
  worker.unref()
  ahead.set(name, thread)
}

/** The thread of this name that was begun, or a new one. */
export function takeThread(file: URL, name: string): BegunThread {
  const thread = ahead.get(name)
  if (!thread) return newThread(file, name)
  ahead.delete(name)
  thread.worker.ref()
  return thread
}

function newThread(file: URL, name: string): BegunThread {
  const { port1: ours, port2: theirs } = new MessageChannel()
  const worker = new Worker(file, {
    workerData: theirs,
    transferList: [theirs],
    name,
    execArgv: [...threadStart],
    // Half of a thread's heap is young objects; a small young generation keeps the process small.
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  })
  return { worker, tell: (seed, handedOver) => ours.postMessage(seed, handedOver) }
}
