import type { Context } from '../context.ts'

interface ComplaintsWorld {
  readonly clock: Context['clock']
  readonly log: { warn(detail: object, text: string): void }
}

/**
 * Warnings about what comes in from outside. Whoever sends bad input must not be able to fill the
 * disk with our log: of each kind one a minute is written, with how many there were.
 */
export class Complaints {
  readonly #context: ComplaintsWorld
  readonly #last = new Map<string, { atMs: number; unsaid: number }>()

  constructor(context: ComplaintsWorld) {
    this.#context = context
  }

  /** @param kind one of a few fixed texts; never something from outside. */
  say(kind: string, detail: Record<string, string | number>): void {
    const { clock, log } = this.#context
    const now = clock.monotonic()
    const last = this.#last.get(kind)
    if (last && now - last.atMs < 60_000) {
      last.unsaid += 1
      return
    }
    this.#last.set(kind, { atMs: now, unsaid: 0 })
    log.warn({ ...detail, ...(last && last.unsaid > 0 ? { also: last.unsaid } : {}) }, kind)
  }
}
