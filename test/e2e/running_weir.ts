import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../peers/process.ts'
import { spawnWeir, type Weir, type WeirOptions } from '../commands/weir.ts'

/** What `/api/status` says, as far as tests look at it. */
interface Status {
  readonly inputs: readonly {
    readonly id: string
    readonly listen?: readonly string[]
    readonly connections?: number
    readonly pending_bytes?: number
  }[]
  readonly outputs: readonly { readonly id: string }[]
  readonly impaired: readonly {
    readonly component: string
    readonly reason: string
    readonly events: number
  }[]
}

/** A `weir start` of its own, with a config and a data folder in `folder`. */
export class RunningWeir {
  readonly process: Weir
  readonly configPath: string
  readonly data: string
  #urls: readonly string[] = []

  constructor(folder: string, config: object, options: WeirOptions = {}) {
    this.configPath = join(folder, 'weir.yaml')
    this.data = join(folder, 'data')
    this.write(config)
    this.process = spawnWeir(['start', '-c', this.configPath, '-d', this.data], options)
  }

  static async start(...given: ConstructorParameters<typeof RunningWeir>): Promise<RunningWeir> {
    const weir = new RunningWeir(...given)
    await weir.said('Weir is running')
    return weir
  }

  get pid(): number {
    return this.process.child.pid!
  }

  get isAlive(): boolean {
    const { exitCode, signalCode } = this.process.child
    return exitCode === null && signalCode === null
  }

  /** Of its first HTTP address. */
  get url(): string {
    if (this.#urls.length === 0)
      this.#urls = this.log('Weir is running').at(-1)!['urls'] as string[]
    return this.#urls[0]!
  }

  /** Every line of the log with this message. */
  log(message: string): Record<string, unknown>[] {
    return this.process
      .stderr()
      .split('\n')
      .filter((line) => line.includes(message) && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** The last lines of the log, for the message of a failure. */
  logEnd(lines = 20): string {
    return this.process.stderr().trimEnd().split('\n').slice(-lines).join('\n')
  }

  /** Waits until it has logged `message` so often; fails at once when it ended. */
  async said(message: string, times = 1): Promise<void> {
    await waitFor(`"${message}" in the log`, () => {
      if (!this.isAlive) throw new Error(`Weir ended: ${this.process.stderr()}`)
      return this.log(message).length >= times
    })
  }

  /** JSON is YAML. Metrics are off unless the config says otherwise: their ports are the machine's. */
  write(config: object): void {
    writeFileSync(this.configPath, JSON.stringify({ statsd: { enabled: false }, ...config }))
  }

  /** Changes the config and waits until it is applied or refused. */
  async reload(config: object): Promise<'applied' | 'refused'> {
    const counts = () => [this.log('read again and applied').length, this.log('was refused').length]
    const [applied] = counts()
    const before = counts().join()
    this.write(config)
    this.process.child.kill('SIGHUP')
    await waitFor('the config to be read again', () => counts().join() !== before)
    return counts()[0] === applied ? 'refused' : 'applied'
  }

  async status(): Promise<Status> {
    return (await (await fetch(`${this.url}/api/status`)).json()) as Status
  }

  async input(id: string): Promise<Status['inputs'][number]> {
    const found = (await this.status()).inputs.find((input) => input.id === id)
    if (!found) throw new Error(`no input ${id}`)
    return found
  }

  /** The port that an input listens on. */
  async portOf(id: string): Promise<number> {
    return Number(/:(\d+)$/.exec((await this.input(id)).listen?.[0] ?? '')?.[1])
  }

  /** How many events (or connections, or bodies) were counted for a component and a reason. */
  async counted(component: string, reason: string): Promise<number> {
    const { impaired } = await this.status()
    return impaired
      .filter((each) => each.component === component && each.reason === reason)
      .reduce((sum, { events }) => sum + events, 0)
  }

  /** Resident memory, MB. */
  get rss(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
  }

  async kill(): Promise<void> {
    this.process.child.kill('SIGKILL')
    await this.process.ended
  }
}
