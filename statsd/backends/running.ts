import { Secret } from '../../core/config/secret.ts'
import { RunningOutput } from '../../core/delivery/running_output.ts'
import { WeirError } from '../../core/errors.ts'
import { metricPointsTag, pointStream } from '../../store/points.ts'
import type { StatsdConfig } from '../config.ts'
import type { MakePart, StatsdPart, StatsdWorld } from '../part.ts'
import { backends } from './all.ts'
import type { Backend, DaemonFacts } from './backend.ts'
import { type BackendConfig, backendId, backendsOf, forwards } from './config.ts'
import { Repeater, type RepeaterConfig } from './repeater/repeater.ts'

export const makeBackends: MakePart = (config, world) => new RunningBackends(config, world)

/** A backend at work: what reads the journal for one, or repeats packets. */
type Running = { readonly config: BackendConfig } & (
  | { readonly output: RunningOutput }
  | { readonly repeater: Repeater }
)

/** The backends: each with a reader of the journal of its own, so that one that is down holds up no other. */
class RunningBackends implements StatsdPart {
  readonly name = 'backends'
  readonly #world: StatsdWorld
  #config: StatsdConfig
  #running: Running[] = []

  constructor(config: StatsdConfig, world: StatsdWorld) {
    this.#config = config
    this.#world = world
  }

  async start(): Promise<void> {
    try {
      await this.#configure(this.#config)
    } catch (failure) {
      await this.stop(AbortSignal.timeout(5_000))
      throw failure
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const stopping = this.#running
    this.#running = []
    await Promise.all(stopping.map((each) => stop(each, deadline)))
  }

  /** @throws WeirError when it needs a restart, or a backend cannot be made; then nothing has changed. */
  async reload(config: StatsdConfig): Promise<void> {
    if (forwards(config) !== forwards(this.#config)) {
      const text =
        'statsd.forward was added or taken away: flushes are written for it from the start on, so restart Weir'
      throw new WeirError('WEIR_CONFIG_INVALID', text)
    }
    try {
      await this.#configure(config)
      this.#config = config
    } catch (failure) {
      await this.#configure(this.#config)
      throw failure
    }
  }

  /** The backend with this id (`statsd.graphite`), for its dead letters. */
  output(id: string): RunningOutput | undefined {
    return this.#running
      .flatMap((each) => ('output' in each ? [each.output] : []))
      .find((output) => output.id === id)
  }

  status(): object[] {
    return this.#running.map((each) =>
      'output' in each ? each.output.status() : each.repeater.status(),
    )
  }

  /** What Etsy's backends say on the console: of carbon, when it was last given a flush. */
  *stats(): Generator<readonly [group: string, name: string, value: number]> {
    for (const each of this.#running) {
      if (each.config.type !== 'graphite' || !('output' in each)) continue
      const status = each.output.status()
      for (const name of ['last_flush', 'last_exception', 'flush_time', 'flush_length']) {
        const value = status[name]
        if (typeof value === 'number') yield ['graphite', name, value]
      }
    }
  }

  async #configure(config: StatsdConfig): Promise<void> {
    // The store reads the journal by itself.
    const wanted = backendsOf(config).filter(({ type }) => type !== 'store')
    const same = (running: Running) =>
      factsText(config) === factsText(this.#config) &&
      wanted.some((each) => textOf(each) === textOf(running.config))
    const kept = this.#running.filter(same)
    const gone = this.#running.filter((each) => !kept.includes(each))
    this.#running = kept
    for (const each of gone) await stop(each, AbortSignal.timeout(10_000))
    for (const backend of wanted) {
      if (kept.some((each) => textOf(each.config) === textOf(backend))) continue
      this.#running.push(await this.#start(backend, config))
    }
  }

  async #start(config: BackendConfig, daemon: StatsdConfig): Promise<Running> {
    const { journal, files, contextOf, receiver } = this.#world
    const id = backendId(config)
    const context = contextOf(id)
    if (config.type === 'repeater') {
      // Its schema made it so.
      const repeater = new Repeater(config as unknown as RepeaterConfig, context, receiver)
      await repeater.start()
      return { config, repeater }
    }
    let backend: Backend | undefined
    const output = new RunningOutput(id, config, {
      wants: (tag, stream) => wants(config, backend?.tag, daemon.namespace, tag, stream),
      create: (given, of) => (backend = backends.create(given, of, factsOf(daemon))),
      journal,
      context,
      files,
    })
    await output.start()
    return { config, output }
  }
}

/** By its tag, and for metric points by `metrics` in the config: `statsd` are those that are flushed here. */
function wants(
  { metrics }: BackendConfig,
  ownTag: string | undefined,
  namespace: string,
  tag: string,
  stream: string,
): boolean {
  if (ownTag !== undefined) return tag === ownTag
  return (
    tag === metricPointsTag && (metrics === 'all' || stream === pointStream('statsd', namespace))
  )
}

const stop = (each: Running, deadline: AbortSignal) =>
  'output' in each ? each.output.stop(deadline) : each.repeater.stop()

const factsOf = ({ prefix_stats, key_name_sanitize }: StatsdConfig): DaemonFacts => ({
  prefix_stats,
  key_name_sanitize,
})
const factsText = (config: StatsdConfig) => JSON.stringify([factsOf(config), config.namespace])

/** Compares secrets by what they hide. */
function textOf(config: BackendConfig): string {
  return JSON.stringify(config, function (this: Record<string, unknown>, key, value: unknown) {
    const original = this[key]
    return original instanceof Secret ? `secret ${original.reveal()}` : value
  })
}
