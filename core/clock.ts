/**
 * Time, passed to whatever needs it, so that a test can hold it still. `now` is milliseconds since
 * the epoch and may jump; `monotonic` is milliseconds from an arbitrary point and never goes back.
 */
export interface Clock {
  now(): number
  monotonic(): number
  /** Resolves after `ms`, or as soon as `signal` fires. Never rejects. Does not keep the process up. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      timer.unref()
      signal?.addEventListener('abort', done, { once: true })
    }),
}
