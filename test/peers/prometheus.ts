import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, launch, type Program, waitFor } from './process.ts'
import { requirePeer } from './require.ts'

/** What a query found: labels, `__name__` among them, and the value. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus with a config of its own; it takes remote write too. */
export class PrometheusServer {
  readonly url: string
  readonly #program: Program

  private constructor(url: string, program: Program) {
    this.url = url
    this.#program = program
  }

  /** @param config prometheus.yml as an object: JSON is YAML. */
  static async start(folder: string, config: object, given?: number): Promise<PrometheusServer> {
    const port = given ?? (await freePort())
    const file = join(folder, 'prometheus.yml')
    writeFileSync(file, JSON.stringify(config))
    const flags = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ]
    const { path } = requirePeer('prometheus')!
    const program = launch(path, flags, { output: join(folder, 'prometheus.log') })
    const server = new PrometheusServer(`http://127.0.0.1:${port}`, program)
    await waitFor('Prometheus', () =>
      fetch(`${server.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    return server
  }

  async query(expression: string): Promise<Found[]> {
    const url = `${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`
    const { data } = (await (await fetch(url)).json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] }
    }
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  /** Why targets cannot be scraped; empty for those that can. */
  async scrapeErrors(): Promise<string[]> {
    const { data } = (await (await fetch(`${this.url}/api/v1/targets`)).json()) as {
      data: { activeTargets: { lastError: string }[] }
    }
    return data.activeTargets.map(({ lastError }) => lastError)
  }

  async stop(): Promise<void> {
    await this.#program.end('SIGKILL')
  }
}
