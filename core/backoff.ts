/**
 * How long to wait before attempt `attempt` (from 1): a random time up to an exponentially growing bound
 * ("full jitter", aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter), in milliseconds.
 */
export function fullJitter(
  attempt: number,
  { baseMs, maxMs }: { baseMs: number; maxMs: number },
  random: () => number,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30))
}
