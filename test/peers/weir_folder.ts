import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, type Program } from './process.ts'

const weir = join(import.meta.dirname, '..', '..', 'bin', 'weir')

/** A folder of its own for a Weir that is killed and started again: its config, data, socket and log. */
export class WeirFolder {
  readonly path: string
  readonly data: string
  readonly #output: string

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `weir-${name}-`))
    this.data = join(this.path, 'data')
    this.#output = join(this.path, 'weir.log')
  }

  /**
   * Writes the config: `sections` follow `data_dir` and `http`. Metrics are off unless they say otherwise: their
   * ports are the machine's.
   */
  configure(sections: string, listen = `unix:${this.path}/http.sock`): void {
    const own = `data_dir: ${this.data}\nhttp: { listen: "${listen}" }\n`
    const metrics = /^statsd:/m.test(sections) ? '' : 'statsd: { enabled: false }\n'
    writeFileSync(join(this.path, 'weir.yaml'), own + metrics + sections)
  }

  start(): Program {
    const args = ['start', '--config', join(this.path, 'weir.yaml')]
    return launch(weir, args, { output: this.#output })
  }

  /** What it said, in all its lives. */
  log(): string {
    return readFileSync(this.#output, 'utf8')
  }

  /** What makes logrotate rotate `log` now. */
  rotation(log: string, directives: readonly string[]): string[] {
    const config = join(this.path, 'logrotate.conf')
    writeFileSync(config, `"${log}" {\n${directives.join('\n')}\n}\n`)
    return ['--force', '--state', join(this.path, 'logrotate.state'), config]
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
