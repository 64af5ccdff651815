import { lookup } from 'node:dns/promises'
import { join } from 'node:path'
import type { Operations } from '../../core/control.ts'
import { messageOf, WeirError } from '../../core/errors.ts'
import type { JsonValue } from '../../store/search.ts'
import type { ErrorsConfig } from '../config.ts'
import type { ErrorsPart, ErrorsWorld } from '../part.ts'
import type { ListedRow, NextAnswer, NextParams } from './calls.ts'
import { composed, titleOf } from './compose.ts'
import type { Outcome } from './deliveries.ts'
import { sayingOf } from './message.ts'
import type { PlannedMessage } from './plan.ts'
import { Senders, type SenderWorld } from './senders.ts'
import { testOf } from './test_channel.ts'

/** How often what happened is looked for. */
const everyMs = 1000
/** Without rules, only to forget what nobody wants to be told. */
const restMs = 60_000
/** Messages under way at once. */
const atOnce = 8

/** Tells people: asks the digest thread what there is to tell, sends it, and tells the thread what became of it. */
export function makeAlerts(config: ErrorsConfig, world: ErrorsWorld): ErrorsPart {
  return new Alerts(config, world)
}

/** A delivery as commands show it. */
export interface ShownDelivery {
  /** ISO 8601. */
  readonly created: string
  readonly rule: string
  readonly channel: string
  readonly state: string
  readonly attempts: number
  /** Of the first thing that it is about. */
  readonly headline: string
  /** What the target said last. */
  readonly detail: string
}

function shown(row: ListedRow): ShownDelivery {
  const { triggers, count, suppressed } = JSON.parse(row.message) as PlannedMessage
  const [first] = triggers
  const about = first
    ? `${sayingOf(first.kind, first.data)}: ${titleOf(first)}`
    : `${suppressed.byCap} were held back`
  return {
    created: new Date(row.created_ms).toISOString(),
    rule: row.rule,
    channel: row.channel,
    state: row.state,
    attempts: row.attempts,
    headline: count > 1 ? `${about} and ${count - 1} more` : about,
    detail: row.detail ?? '',
  }
}

class Alerts implements ErrorsPart {
  readonly name = 'alerts'
  readonly #world: ErrorsWorld
  readonly #context
  readonly #run: string
  readonly #stopping = new AbortController()
  /** Ends attempts that are under way. */
  readonly #giveUp = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #config: ErrorsConfig
  #senders: Senders
  #outcomes: Outcome[] = []
  #wake = new AbortController()
  #loop: Promise<void> | undefined
  #isFailing = false
  #slugs: ReadonlyMap<number, string> = new Map()
  /** When crash-free rates were looked at last, by the monotonic clock. */
  #crashesMs = -Infinity

  constructor(config: ErrorsConfig, world: ErrorsWorld) {
    this.#config = config
    this.#world = world
    this.#context = world.contextOf('errors.alerts')
    this.#run = Buffer.from(world.randomBytes(8)).toString('hex')
    this.#senders = this.#makeSenders()
  }

  async start(): Promise<void> {
    this.#loop = this.#work()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    const giveUp = () => this.#giveUp.abort()
    deadline.addEventListener('abort', giveUp, { once: true })
    if (deadline.aborted) giveUp()
    await this.#loop
    await Promise.all(this.#underWay)
    deadline.removeEventListener('abort', giveUp)
    // Recorded while the digest thread is still there; what is not, is sent again by the next run.
    if (this.#outcomes.length > 0) await this.#ask(0).catch(() => undefined)
  }

  async reload(config: ErrorsConfig): Promise<void> {
    this.#config = config
    this.#senders = this.#makeSenders()
    this.#wake.abort()
  }

  get operations(): Operations {
    const { digest } = this.#world
    const test = (channel: string) =>
      testOf(channel, this.#config, this.#senderWorld(), this.#world.randomBytes)
    return {
      async *'alerts.test'({ channel }) {
        if (typeof channel !== 'string') {
          throw new WeirError('WEIR_REQUEST_INVALID', '"channel" is missing')
        }
        yield await test(channel)
      },
      async *'alerts.ls'({ most }) {
        const asked = { most: typeof most === 'number' ? most : 50 }
        for (const row of (await digest.call('alerts.list', asked)) as unknown as ListedRow[]) {
          yield shown(row)
        }
      },
    }
  }

  async status(): Promise<object> {
    const { alerts, channels } = this.#config
    if (alerts.length === 0) return { rules: 0, channels: channels.length }
    const kept = (await this.#hasDatabase())
      ? ((await this.#world.digest.call('alerts.status', null)) as object)
      : {}
    return { rules: alerts.length, channels: channels.length, ...kept }
  }

  async #work(): Promise<void> {
    const { clock } = this.#context
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController()
      const hasMore = await this.#step()
      if (hasMore || this.#stopping.signal.aborted) continue
      const waitMs = this.#config.alerts.length > 0 || this.#underWay.size > 0 ? everyMs : restMs
      await clock.sleep(waitMs, AbortSignal.any([this.#wake.signal, this.#stopping.signal]))
    }
  }

  /** @returns whether there is more at once. */
  async #step(): Promise<boolean> {
    try {
      if (!(await this.#hasDatabase())) return false
      const { due, hasMore } = await this.#ask(atOnce - this.#underWay.size)
      for (const delivery of due) this.#send(delivery)
      if (this.#isFailing) this.#context.log.info('alerts are planned again')
      this.#isFailing = false
      return hasMore || (due.length > 0 && this.#underWay.size < atOnce)
    } catch (failure) {
      if (!this.#isFailing) {
        this.#context.log.error({ error: messageOf(failure) }, 'alerts cannot be planned')
      }
      this.#isFailing = true
      return false
    }
  }

  async #ask(most: number): Promise<NextAnswer> {
    const { projects, digest } = this.#world
    const { alerts, alerting } = this.#config
    const all = await projects.all()
    const outcomes = this.#outcomes
    const isMinute = this.#context.clock.monotonic() - this.#crashesMs >= restMs
    const params: NextParams = {
      rules: alerts,
      slugs: all.map(({ id, slug }) => [id, slug] as const),
      run: this.#run,
      most,
      waitingMax: alerting.waiting_max,
      keptMs: alerting.kept,
      looksAtCrashes: isMinute,
      outcomes,
    }
    const answer = await digest.call('alerts.next', params as unknown as JsonValue)
    this.#outcomes = this.#outcomes.slice(outcomes.length)
    if (isMinute) this.#crashesMs = this.#context.clock.monotonic()
    this.#slugs = new Map(params.slugs)
    return answer as unknown as NextAnswer
  }

  #send(delivery: NextAnswer['due'][number]): void {
    const { alerting } = this.#config
    const slugOf = (project: number) => this.#slugs.get(project) ?? String(project)
    const message = composed(delivery, { slugOf, baseUrl: this.#world.baseUrl() })
    const bounds = {
      timeoutMs: alerting.timeout,
      retryMaxMs: alerting.retry_max_wait,
      giveUpAfterMs: alerting.give_up_after,
    }
    const sent = this.#senders
      .attempt(delivery, message, bounds, this.#giveUp.signal)
      .then((outcome) => {
        this.#outcomes = [...this.#outcomes, outcome]
        this.#tell(delivery.channel, outcome)
      })
      .finally(() => {
        this.#underWay.delete(sent)
        this.#wake.abort()
      })
    this.#underWay.add(sent)
  }

  #tell(channel: string, { state, detail }: Outcome): void {
    const { metrics, log } = this.#context
    metrics.alert_attempts.inc({ channel, result: state === 'pending' ? 'retried' : state })
    if (state === 'sent') return
    const text = state === 'failed' ? 'an alert was not delivered' : 'an alert is tried again later'
    log.warn({ channel, error: detail }, text)
  }

  async #hasDatabase(): Promise<boolean> {
    const { files, folder } = this.#world
    return (await files.size(join(folder, 'errors.sqlite'))) !== undefined
  }

  #makeSenders(): Senders {
    return new Senders(this.#config.channels, this.#senderWorld())
  }

  #senderWorld(): SenderWorld {
    const { clock, random } = this.#context
    return {
      lookup: (host) => lookup(host, { all: true }),
      nowMs: clock.now,
      random,
    }
  }
}
