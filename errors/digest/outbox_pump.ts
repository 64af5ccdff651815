import type { Append, Position } from '../../core/journal/batch.ts'
import type { Place } from '../../core/journal/cursor.ts'
import { type Outbox, outboxSource } from './outbox.ts'

export interface OutboxPumpWorld {
  readonly append: Append
  /** The one that goes with the database now. */
  readonly outbox: () => Outbox
  /** Behind the last report that is committed. */
  readonly committed: () => Place
  /** The journal is closed, or a disk fails: the outbox keeps what it has. */
  readonly onFailure: (failure: unknown) => void
}

/** Appends what is in the outbox to the journal, one append at a time. */
export class OutboxPump {
  readonly #world: OutboxPumpWorld
  #sent: Position | undefined
  #underWay: Promise<void> | undefined

  /** @param sent the outbox's position in the journal. */
  constructor(sent: Position | undefined, world: OutboxPumpWorld) {
    this.#sent = sent
    this.#world = world
  }

  /** The outbox's position in the journal. */
  get sent(): Position | undefined {
    return this.#sent
  }

  /** Resolves when nothing is being appended. Never rejects. */
  get idle(): Promise<void> {
    return this.#underWay ?? Promise.resolve()
  }

  /** Begins to append what is there, unless that is under way. */
  run(): void {
    this.#underWay ??= this.#empty()
      .catch(this.#world.onFailure)
      .finally(() => (this.#underWay = undefined))
  }

  async #empty(): Promise<void> {
    const { append, outbox, committed } = this.#world
    for (;;) {
      outbox().deleteSent()
      const pending = outbox().pending(committed())
      if (!pending) return
      await append(pending.batches)
      this.#sent = pending.batches.at(-1)!.positions![outboxSource]!
      outbox().sent(pending.number)
    }
  }
}
