import { pino } from 'pino'
import type { Arrival, InputContext, Outcome } from '../../../collector/input.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Position } from '../../../core/journal/batch.ts'
import { systemClock, type Clock } from '../../../core/clock.ts'
import { createMetrics, Registry } from '../../../core/metrics.ts'
import type { Reason } from '../../../core/reasons.ts'

/** A message that an input delivered. */
export interface Delivered {
  readonly tag: string
  readonly text: string
  readonly context: JsonObject
}

/**
 * A journal for inputs under test: keeps what is durable (messages and positions), and can hold or
 * refuse deliveries. `context()` is what an input gets, with the positions so far, as after a restart.
 */
export class Harness {
  readonly events: Delivered[] = []
  readonly positions = new Map<string, Position>()
  readonly counts = new Map<Reason, number>()
  readonly metrics = createMetrics(new Registry())
  /** While set, deliveries stay pending. */
  holding = false
  /** While set, deliveries are refused with it. */
  failure: Error | undefined
  #held: (() => void)[] = []

  texts(): string[] {
    return this.events.map(({ text }) => text)
  }
  counted(reason: Reason): number {
    return this.counts.get(reason) ?? 0
  }

  /** How many deliveries are pending. */
  get held(): number {
    return this.#held.length
  }

  /** Makes what was held durable, in order. */
  release(): void {
    this.holding = false
    for (const settle of this.#held.splice(0)) settle()
  }
  /** As a crash does: what was held never becomes durable, and its sender never hears of it. */
  crash(): void {
    this.holding = false
    this.#held = []
  }

  readonly deliver = (arrival: Arrival): Promise<Outcome> => {
    const { tag, contexts, positions, count, spans } = arrival
    // Copied now: the source may be used again once this has returned.
    const texts = Array.from({ length: count }, (_, i) =>
      arrival.source.toString('utf8', spans[i * 2], spans[i * 2 + 1]),
    )
    const failure = this.failure
    const commit = () => {
      for (const [i, text] of texts.entries()) {
        this.events.push({ tag, text, context: contexts?.[i] ?? arrival.context })
      }
      for (const [key, position] of Object.entries(positions ?? {})) {
        if (position === null) this.positions.delete(key)
        else this.positions.set(key, JSON.parse(JSON.stringify(position)) as Position)
      }
    }
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (failure) return reject(failure)
        commit()
        resolve({ accepted: count, refused: [] })
      }
      if (this.holding) this.#held.push(settle)
      else settle()
    })
  }

  context(given: Partial<InputContext> = {}): InputContext {
    return {
      id: 'input.test',
      log: pino({ level: 'silent' }),
      clock: systemClock,
      metrics: this.metrics,
      count: (reason, amount = 1) =>
        void this.counts.set(reason, (this.counts.get(reason) ?? 0) + amount),
      random: Math.random,
      dataFolder: '/nonexistent',
      deliver: this.deliver,
      positions: new Map(this.positions),
      worker: { index: 0, count: 1 },
      ...given,
    }
  }
}

/** A clock that moves only when told; sleeping on it ends when it has moved far enough. */
export class ManualClock implements Clock {
  #now = Date.now()
  readonly #start = this.#now
  readonly #sleepers = new Set<{ at: number; wake: () => void }>()

  /** How many wait on it. */
  get sleepers(): number {
    return this.#sleepers.size
  }
  now(): number {
    return this.#now
  }
  monotonic(): number {
    return this.#now - this.#start
  }
  advance(ms: number): void {
    this.#now += ms
    for (const sleeper of this.#sleepers) {
      if (sleeper.at > this.#now) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { at: this.#now + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        resolve()
      })
    })
  }
}

/** Waits until something holds, looking often; fails after `limitMs` with what `seen` shows. */
export async function until(
  holds: () => boolean,
  seen: () => unknown = () => '',
  limitMs = 10_000,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never happened; last: ${JSON.stringify(seen())}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
