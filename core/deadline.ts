/** Resolves once `deadline` fires: for races with what it bounds. */
export function fired(deadline: AbortSignal): Promise<void> {
  if (deadline.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    deadline.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * Calls `work` with a deadline that fires after `ms`, or when `signal` does. Once `work` has ended nothing is left of
 * it; the timer of an `AbortSignal.timeout` would stay until its time, for each of many a second.
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const giveUp = () => deadline.abort(signal.reason)
  const expire = () => deadline.abort(new DOMException(`not done in ${ms} ms`, 'TimeoutError'))
  const timer = setTimeout(expire, ms)
  timer.unref()
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await work(deadline.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}
