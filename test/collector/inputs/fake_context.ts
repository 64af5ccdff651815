import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../../core/clock.ts'
import { systemClock } from '../../../core/clock.ts'
import { createMetrics, Registry } from '../../../core/metrics.ts'
import type { Reason } from '../../../core/reasons.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { Arrival, Input, InputContext, Outcome } from '../../../collector/input.ts'

/** An arrival as it was at the moment of delivery. */
export interface Delivered {
  readonly tag: string
  readonly messages: readonly string[]
  readonly context: JsonObject
  readonly format: 'json' | undefined
  readonly positions: Arrival['positions']
}

/** The world of an input, with a `deliver` that tests hold back or let fail. */
export class FakeWorld {
  readonly delivered: Delivered[] = []
  readonly counted = new Map<Reason, number>()
  readonly warnings: string[] = []
  readonly registry = new Registry()
  readonly context: InputContext
  /** While true, deliveries stay pending until `release`. */
  holds = false
  /** When set, deliveries are rejected with it. */
  failure: Error | undefined
  /** What a settled delivery says; default: all accepted. */
  outcome: ((arrival: Arrival) => Outcome) | undefined
  unsettled = 0
  #held: (() => void)[] = []

  constructor(
    given: { worker?: { index: number; count: number }; clock?: Clock; id?: string } = {},
  ) {
    const stream = {
      write: (line: string) => {
        const { level, msg } = JSON.parse(line) as { level: number; msg: string }
        if (level >= 40) this.warnings.push(msg)
      },
    }
    this.context = {
      id: given.id ?? 'input.test',
      log: pino({ level: 'debug' }, stream),
      clock: given.clock ?? systemClock,
      metrics: createMetrics(this.registry),
      count: (reason, amount = 1) => {
        this.counted.set(reason, (this.counted.get(reason) ?? 0) + amount)
      },
      random: () => 0.5,
      dataFolder: '/nonexistent',
      positions: new Map(),
      worker: given.worker ?? { index: 0, count: 1 },
      deliver: (arrival, withdrawn) => this.#deliver(arrival, withdrawn),
    }
  }

  /** All messages so far, in order of delivery. */
  get messages(): string[] {
    return this.delivered.flatMap(({ messages }) => messages)
  }

  count(reason: Reason): number {
    return this.counted.get(reason) ?? 0
  }

  /** Lets what is held go on (it is accepted, or fails when `failure` is set). */
  release() {
    this.holds = false
    const held = this.#held
    this.#held = []
    for (const go of held) go()
  }

  async metric(name: string): Promise<number> {
    const metric = await this.registry.getSingleMetric(name)?.get()
    return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0
  }

  async #deliver(arrival: Arrival, withdrawn?: AbortSignal): Promise<Outcome> {
    const messages: string[] = []
    for (let i = 0; i < arrival.count; i++) {
      messages.push(arrival.source.toString('utf8', arrival.spans[2 * i], arrival.spans[2 * i + 1]))
    }
    const { tag, context, format, positions } = arrival
    const outcome = this.outcome?.(arrival) ?? { accepted: arrival.count, refused: [] }
    this.delivered.push({ tag, messages, context, format, positions })
    this.unsettled += 1
    try {
      if (this.holds) {
        await new Promise<void>((resolve, reject) => {
          this.#held.push(resolve)
          withdrawn?.addEventListener('abort', () => reject(withdrawn.reason as Error))
        })
      } else await Promise.resolve()
      if (this.failure) throw this.failure
      return outcome
    } finally {
      this.unsettled -= 1
    }
  }
}

/** Stops an input at the end of the test, whatever happens. */
export async function started(made: Input | Promise<Input>): Promise<Input> {
  const input = await made
  onTestFinished(() => input.stop(AbortSignal.timeout(20_000)))
  await input.start()
  return input
}
