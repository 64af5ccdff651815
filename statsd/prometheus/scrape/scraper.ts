import type { Context } from '../../../core/context.ts'
import { messageOf } from '../../../core/errors.ts'
import type { Append } from '../../../core/journal/batch.ts'
import { ask } from '../http_client.ts'
import { SamplePoints, seriesOfLabels } from '../sample_points.ts'
import type { ScrapeJob } from './config.ts'
import { parseExposition, type ScrapedSample, scrapeFormatOf } from './parse.ts'

export interface ScrapeWorld {
  readonly context: Context
  readonly append: Append
  readonly instance: string
  readonly namespace: string
}

const accept =
  'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'

/** Asks targets for their metrics, as Prometheus does, each at its own time within the interval. */
export class Scraper {
  readonly #targets: readonly Target[]

  constructor(jobs: readonly ScrapeJob[], maxLabels: number, world: ScrapeWorld) {
    this.#targets = jobs.flatMap((job) =>
      job.targets.map((url) => new Target(job, url, maxLabels, world)),
    )
  }

  async start(): Promise<void> {
    for (const target of this.#targets) target.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#targets.map((target) => target.stop()))
  }

  status(): object[] {
    return this.#targets.map((target) => target.status())
  }
}

class Target {
  readonly #job: ScrapeJob
  readonly #url: string
  readonly #maxLabels: number
  readonly #world: ScrapeWorld
  readonly #labels: readonly (readonly [string, string])[]
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #state: { up: boolean; samples: number; seconds: number; error?: string | undefined } | undefined

  constructor(job: ScrapeJob, url: string, maxLabels: number, world: ScrapeWorld) {
    this.#job = job
    this.#url = url
    this.#maxLabels = maxLabels
    this.#world = world
    const instance = ['instance', new URL(url).host] as const
    this.#labels = [['job', job.job], instance, ...Object.entries(job.labels)]
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  status(): object {
    return { job: this.#job.job, target: this.#url, ...this.#state }
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#world.context
    const { interval } = this.#job
    const { signal } = this.#stopping
    // Not all targets at the same moment.
    let next = clock.monotonic() + random() * Math.min(interval, 10_000)
    for (;;) {
      await clock.sleep(Math.max(0, next - clock.monotonic()), signal)
      if (signal.aborted) return
      await this.#scrape()
      // What was late leaves out the times that have passed.
      const late = Math.floor((clock.monotonic() - next) / interval)
      next += interval * (1 + Math.max(0, late))
    }
  }

  /** One scrape: its samples and `up` become points together, or only `up 0`. */
  async #scrape(): Promise<void> {
    const { context } = this.#world
    const { clock, log } = context
    const atMs = clock.now()
    const began = clock.monotonic()
    let samples: ScrapedSample[] = []
    let error: string | undefined
    try {
      samples = await this.#read()
    } catch (failure) {
      error = messageOf(failure)
    }
    if (this.#stopping.signal.aborted) return
    const seconds = (clock.monotonic() - began) / 1000
    if (error !== undefined && this.#state?.error !== error) {
      log.warn({ job: this.#job.job, target: this.#url, reason: error }, 'cannot be scraped')
    } else if (error === undefined && this.#state?.up === false) {
      log.info({ job: this.#job.job, target: this.#url }, 'is scraped again')
    }
    const up = error === undefined
    this.#state = { up, samples: samples.length, seconds, error }
    try {
      await this.#write(samples, atMs, { up, seconds })
    } catch (failure) {
      if (!this.#stopping.signal.aborted) log.error({ err: failure }, 'samples were not written')
    }
  }

  /** @throws Error why nothing of the answer can be taken. */
  async #read(): Promise<ScrapedSample[]> {
    const {
      timeout,
      headers,
      bearer_token: token,
      max_samples: most,
      max_size: maxBytes,
    } = this.#job
    const answer = await ask({
      url: this.#url,
      method: 'GET',
      headers: {
        accept,
        'accept-encoding': 'gzip',
        'user-agent': 'Weir',
        'x-prometheus-scrape-timeout-seconds': String(timeout / 1000),
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
        ...headers,
      },
      maxBytes,
      deadline: AbortSignal.any([AbortSignal.timeout(timeout), this.#stopping.signal]),
    })
    if (answer.status !== 200) throw new Error(`it answered ${answer.status}`)
    const format = scrapeFormatOf(answer.headers['content-type'])
    const samples: ScrapedSample[] = []
    for (const sample of parseExposition(answer.body.toString('utf8'), format)) {
      if (samples.length >= most) throw new Error(`it has more than ${most} samples (max_samples)`)
      if (sample.labels.length > this.#maxLabels) {
        throw new Error(`${sample.name} has more than ${this.#maxLabels} labels (max_labels)`)
      }
      samples.push(sample)
    }
    return samples
  }

  async #write(
    samples: readonly ScrapedSample[],
    atMs: number,
    { up, seconds }: { readonly up: boolean; readonly seconds: number },
  ): Promise<void> {
    const { append, instance, namespace, context } = this.#world
    const { interval } = this.#job
    const points = new SamplePoints({ append, instance, namespace })
    const { signal } = this.#stopping
    let taken = 0
    for (const { name, labels, value, atMs: own } of samples) {
      if (!Number.isFinite(value)) context.count('not_finite')
      else {
        points.add(seriesOfLabels(name, this.#merged(labels)), value, own ?? atMs, interval)
        taken += 1
      }
      if (points.isFull) await points.write(signal)
    }
    const about = {
      up: up ? 1 : 0,
      scrape_duration_seconds: seconds,
      scrape_samples_scraped: samples.length,
    }
    for (const [name, value] of Object.entries(about)) {
      points.add(seriesOfLabels(name, this.#labels), value, atMs, interval)
    }
    await points.write(signal)
    const { metrics, id } = context
    metrics.events_received.inc({ component: id }, taken + Object.keys(about).length)
  }

  /** Labels of the sample and those of the target, one of which makes way for the other. */
  #merged(labels: ScrapedSample['labels']): Map<string, string> {
    const honor = this.#job.honor_labels
    const own = new Map(this.#labels)
    const merged = new Map(own)
    for (const [label, value] of labels) {
      merged.set(!honor && own.has(label) ? `exported_${label}` : label, value)
    }
    return merged
  }
}
