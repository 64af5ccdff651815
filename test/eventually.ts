import { vi } from 'vitest'

/** Below the time that a test has, so that what did not hold is told. A busy machine is slow, not wrong. */
const patienceMs = 20_000

/** Resolves once `check` passes; rejects with its last failure when it never does. */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return await vi.waitFor(check, { timeout: patienceMs, interval: 10 })
}
