import { subsetOf } from '../journal/chunk.ts'
import { chunksOf, type DeadLetters } from './dead_letters.ts'
import { type Output, PartialDelivery, type Rejected } from './output.ts'

/** Events in one request of a replay. */
const atOnce = 1000

/**
 * Gives dead letters to their target again, once; a duplicate counts as delivered. What is refused again
 * stays a dead letter, with the new reason.
 *
 * @param ids of the letters; all when undefined.
 * @throws RetryableError or PermanentError when the target does not take a request; what it took before
 * is resolved.
 */
export async function replayLetters(
  dead: DeadLetters,
  output: Output,
  ids: ReadonlySet<string> | undefined,
  timeoutMs: number,
): Promise<{ delivered: number; refused: number }> {
  const letters = (await dead.list()).filter(({ id }) => !ids || ids.has(id))
  const total = { delivered: 0, refused: 0 }
  for (let from = 0; from < letters.length; from += atOnce) {
    const group = letters.slice(from, from + atOnce)
    for (const chunk of chunksOf(group)) {
      let rejected: readonly Rejected[]
      let remaining: readonly number[] = []
      let failure: PartialDelivery | undefined
      try {
        rejected = await output.write({ chunk, mayBeKnown: true }, AbortSignal.timeout(timeoutMs))
      } catch (thrown) {
        if (!(thrown instanceof PartialDelivery)) throw thrown
        failure = thrown
        rejected = thrown.rejected
        remaining = thrown.remaining ?? []
      }
      const open = new Set([...remaining, ...rejected.map(({ index }) => index)])
      const done = Array.from({ length: chunk.count }, (_, index) => index).filter(
        (i) => !open.has(i),
      )
      const delivered = new Set(
        subsetOf(chunk, done).parts.flatMap(({ ordinal, count }) =>
          Array.from({ length: count }, (_, i) => `${chunk.segment}-${ordinal + i}`),
        ),
      )
      await dead.add(chunk, rejected)
      await dead.resolve(delivered, 'replayed')
      total.delivered += delivered.size
      total.refused += rejected.length
      if (failure) throw failure
    }
  }
  return total
}
