/**
 * What every long-lived part of Weir is.
 *
 * `start` may be called once; when it rejects, the part holds nothing open.
 * `stop` is safe twice and without `start`; once it resolves the part emits nothing more. When
 * `deadline` fires, `stop` gives up what it is still draining and resolves soon after.
 */
export interface Lifecycle {
  start(): Promise<void>
  stop(deadline: AbortSignal): Promise<void>
}

/**
 * Starts parts from the end of the data's way (outputs) to its beginning (inputs), so that nothing
 * arrives before there is somewhere to put it, and stops them the other way round. A failed start
 * stops what had started.
 *
 * @param parts in the order of the data's way: inputs first.
 */
export function inOrder(parts: readonly Lifecycle[]): Lifecycle {
  const started: Lifecycle[] = []
  const stop = async (deadline: AbortSignal) => {
    const failures: unknown[] = []
    for (let part = started.pop(); part; part = started.pop()) {
      await part.stop(deadline).catch((failure: unknown) => failures.push(failure))
    }
    if (failures.length > 0) throw new AggregateError(failures, 'parts that failed to stop')
  }
  return {
    async start() {
      for (const part of parts.toReversed()) {
        try {
          await part.start()
        } catch (failure) {
          await stop(AbortSignal.timeout(5_000)).catch(() => undefined)
          throw failure
        }
        started.push(part)
      }
    },
    stop,
  }
}
