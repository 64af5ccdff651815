import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A stored series of a question: values from `start` on, null where there is none. */
export interface StoredSeries {
  readonly name: string
  readonly start: number
  readonly step: number
  readonly values: readonly (number | null)[]
}

/** What `graphite_functions.py` is asked. */
export interface GraphiteQuestion {
  readonly targets: readonly string[]
  readonly from: number
  readonly until: number
  readonly now: number
  readonly tz?: string
  readonly xFilesFactor?: number
  readonly template?: Readonly<Record<string, string>>
  readonly format?: string
  readonly options?: Readonly<Record<string, unknown>>
}

export interface GraphiteSeries {
  readonly name: string
  readonly pathExpression: string
  readonly start: number
  readonly end: number
  readonly step: number
  readonly values: readonly (number | 'inf' | '-inf' | null)[]
  readonly tags: Readonly<Record<string, string>>
  readonly consolidation: string
  readonly xFilesFactor: number
  readonly color: string | null
  readonly options: Readonly<Record<string, unknown>>
}

export interface GraphiteAnswer {
  readonly series?: readonly GraphiteSeries[]
  readonly body?: string
  readonly time?: number
  readonly error?: string
}

/** graphite-web's functions in a Python process of their own; `venv` is where it is installed. */
export class GraphiteWeb {
  readonly #process
  readonly #lines

  constructor(venv: string) {
    const script = join(import.meta.dirname, 'graphite_functions.py')
    this.#process = spawn(join(venv, 'bin', 'python'), [script], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /** What is stored when the questions after it are asked. */
  async store(series: readonly StoredSeries[]) {
    await this.#send({ store: series })
  }

  ask(question: GraphiteQuestion): Promise<GraphiteAnswer> {
    return this.#send(question)
  }

  /** Seconds since the epoch of a time such as `-1d`. */
  time(text: string, now: number, tz: string): Promise<GraphiteAnswer> {
    return this.#send({ time: text, now, tz })
  }

  /** By the names of functions, their groups and parameters. */
  async functions() {
    const answer: unknown = await this.#send({ describe: true })
    return answer as Readonly<Record<string, { group: string; params: readonly object[] }>>
  }

  /** @throws when the process has ended. */
  async #send(question: object): Promise<GraphiteAnswer> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`)
    const line = await this.#lines.next()
    if (line.done) throw new Error('graphite-web has ended')
    return JSON.parse(line.value) as GraphiteAnswer
  }

  async stop() {
    this.#process.stdin.end()
    if (this.#process.exitCode === null) await once(this.#process, 'close')
  }
}
